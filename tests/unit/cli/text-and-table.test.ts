import { describe, expect, test } from "bun:test";
import { displayWidth, fitText, padText, printable, withColours } from "@mcp-gateway/kit/terminal-text";
import { frameText } from "../../../apps/cli/src/view/frame.ts";
import { count, duration, megabytes, plural } from "../../../apps/cli/src/view/quantities.ts";
import { type Column, table } from "../../../apps/cli/src/view/table.ts";
import { wrap } from "../../../apps/cli/src/view/wrap.ts";

describe("text from elsewhere", () => {
  test("can't move the cursor, recolour the screen or reorder a line", () => {
    expect(printable("\x1b[2J\x1b[31mred\x1b[0m \x1b]0;title\x07x\u202Eevil\tend\r\n\x00\x9b2J")).toBe(
      "red xevil end ",
    );
  });

  test("keeps its lines and colours where they were asked for, and nothing else that a terminal obeys", () => {
    const clipboard = "\x1b]52;c;aGk=\x07";
    const text = `\x1b[1;31mred\x1b[0m\r\n\tin\x1b[2J\x1b[H${clipboard}\x1b]0;title\x1b\\ \x9b2Jout\x1bc\x07\x1b\x08`;
    expect(withColours(text)).toBe("\x1b[1;31mred\x1b[0m\n\tin out\x1b[0m");
    expect(withColours("plain\n")).toBe("plain\n");
    expect(withColours("\x1b[31mred\nred\n")).toBe("\x1b[31mred\nred\x1b[0m\n");
    expect(withColours("\x1b[\x1b[31m31mx")).toBe("\x1b[31m31mx\x1b[0m");
    expect(withColours("\x1b\x1b[2J[2Jx")).not.toContain("\x1b[2J");
  });
});

describe("a cut text", () => {
  test("never is wider than asked for, wide characters counted as two", () => {
    expect(fitText("plain", 5)).toBe("plain");
    expect(fitText("plain text", 6)).toBe("plain…");
    expect(fitText("文件系统服务器", 8)).toBe("文件系…");
    expect(displayWidth(fitText("文件系统服务器", 8))).toBe(7);
    expect(fitText("👨‍👩‍👧‍👦👨‍👩‍👧‍👦 family", 3)).toBe("👨‍👩‍👧‍👦…");
    expect(fitText("abc", 1)).toBe("…");
    expect(fitText("abc", 0)).toBe("");
  });

  test("is filled up by columns, not by characters", () => {
    expect(padText("文件", 6)).toBe("文件  ");
    expect(padText("7", 3, "right")).toBe("  7");
  });

  test("is wrapped at spaces, and a word that is too long is broken", () => {
    expect(wrap("the quick brown fox", 10)).toEqual(["the quick", "brown fox"]);
    expect(wrap("abcdefghijkl", 5)).toEqual(["abcde", "fghij", "kl"]);
    expect(wrap("", 5)).toEqual([""]);
  });
});

describe("a table", () => {
  const columns: readonly Column[] = [
    { title: "NAME", widthMin: 4 },
    { title: "PID", align: "right", dropOrder: 2 },
    { title: "NOTE", widthMin: 6, dropOrder: 1 },
  ];
  const rows = [
    [{ text: "bash" }, { text: "12" }, { text: "all is well" }],
    [{ text: "文件系统" }, { text: "3" }, { text: "" }],
  ];
  const laidOut = (width: number): readonly string[] => table(columns, rows, width, (title) => title);

  test("lines its columns up", () => {
    expect(laidOut(40)).toEqual(["NAME      PID  NOTE", "bash       12  all is well", "文件系统    3"]);
  });

  test("narrows what may be narrowed, then leaves columns out", () => {
    expect(laidOut(22)).toEqual(["NAME    PID  NOTE", "bash     12  all is w…", "文件…     3"]);
    expect(laidOut(16)).toEqual(["NAME    NOTE", "bash    all is…", "文件…"]);
    for (const width of [8, 12, 16, 20, 30])
      for (const line of laidOut(width)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  });

  test("colours whole cells, so that widths stay", () => {
    const painted = table(columns, [[{ text: "a", paint: (text) => `<${text}>` }]], 40, (title) => title);
    expect(painted[1]).toBe("<a   >");
  });
});

describe("quantities", () => {
  test("are short", () => {
    expect(
      [0, 59_999, 61_000, 600_000, 3_600_000, 11_100_000, 86_400_000, 187_200_000].map(duration),
    ).toEqual(["0s", "59s", "1m01s", "10m", "1h", "3h05m", "1d", "2d4h"]);
    expect([0, 1234, 99_999, 123_456, 4_500_000].map(count)).toEqual([
      "0",
      "1,234",
      "99,999",
      "123k",
      "4.5M",
    ]);
    expect([megabytes(88_080_384), megabytes(3_221_225_472)]).toEqual(["84 MB", "3.0 GB"]);
    expect([plural(1, "server"), plural(2, "server"), plural(0, "entry", "entries")]).toEqual([
      "1 server",
      "2 servers",
      "0 entries",
    ]);
  });
});

describe("a picture", () => {
  test("is drawn over the last one without clearing the screen", () => {
    expect(frameText(["a", "b"], 10)).toBe("\x1b[?2026h\x1b[Ha\x1b[K\r\nb\x1b[K\r\n\x1b[J\x1b[?2026l");
  });

  test("says how many lines did not fit", () => {
    const lines = Array.from({ length: 10 }, (_, at) => `line ${at}`);
    expect(frameText(lines, 5)).toContain("line 2\x1b[K\r\n… 7 more lines");
  });
});
