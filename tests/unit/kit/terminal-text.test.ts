/** Whatever a terminal acts on or hides is taken out of text from elsewhere, kind by kind. */
import { describe, expect, test } from "bun:test";
import { firstLine, plainText, printable, withColours } from "@mcp-gateway/kit/terminal-text";

const sequences = {
  "colour, with sub-parameters": "\x1b[38:2::255:0:0m",
  "a private mode": "\x1b[?1049h",
  "parameters of any kind": "\x1b[<=>?1;2:3c",
  "intermediate bytes in CSI": "\x1b[0 q",
  "CSI in one character": "\x9b31m",
  "a title, ended by BEL": "\x1b]0;title\x07",
  "a title, ended by ST": "\x1b]0;title\x1b\\",
  "a title, ended by ST in one character": "\x1b]0;title\x9c",
  "OSC in one character": "\x9d0;title\x07",
  "a device control string": "\x1bPq#0;2;0\x1b\\",
  "DCS in one character": "\x90q#0\x9c",
  "a start of string": "\x1bXtext\x1b\\",
  "SOS in one character": "\x98text\x9c",
  "a privacy message": "\x1b^text\x1b\\",
  "PM in one character": "\x9etext\x9c",
  "an application program command": "\x1b_Gf=100;AAAA\x1b\\",
  "APC in one character": "\x9ftext\x9c",
  "a reset": "\x1bc",
  "a character set": "\x1b(0",
  "eight-bit controls on": "\x1b G",
  "a lone escape": "\x1b",
};

const hidden = {
  "a null": "\0",
  "a backspace": "\b",
  "a delete": "\x7f",
  "a next line": "\x85",
  "a line separator": "\u2028",
  "a paragraph separator": "\u2029",
  "a soft hyphen": "\u00ad",
  "an Arabic letter mark": "\u061c",
  "a Mongolian vowel separator": "\u180e",
  "a zero-width space": "\u200b",
  "a left-to-right mark": "\u200e",
  "a right-to-left mark": "\u200f",
  "an embedding": "\u202a",
  "an override": "\u202e",
  "a word joiner": "\u2060",
  "an isolate": "\u2066",
  "the end of an isolate": "\u2069",
  "a byte order mark": "\ufeff",
  "a tag character": "\u{e0041}",
};

describe("printable text", () => {
  test.each(Object.entries({ ...sequences, ...hidden }))("has lost %s, and nothing else", (_, found) => {
    expect(printable(`a${found}€`)).toBe("a€");
  });

  test("keeps what joins letters and emoji, and its spaces", () => {
    for (const text of ["👨‍👩‍👧", "می‌خواهم", "a  b ", "文件"]) expect(printable(text)).toBe(text);
  });

  test("is one line", () => {
    expect(printable("a\r\n\tb\rc\nd")).toBe("a b c d");
    expect(plainText("  a \n  b  ")).toBe("a b");
  });

  test("holds nothing that taking something out has put together", () => {
    for (const [outer, inner] of [
      ["\x1b[", "\x1b[2J"],
      ["\x1b", "\x9b0m"],
      ["\x1b]0;", "\x1b[0m"],
    ])
      expect(printable(`${outer}${inner}31mx`)).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  });
});

describe("text with colours", () => {
  test.each(Object.entries(sequences).slice(1))("has lost %s, and nothing else", (_, found) => {
    expect(withColours(`a${found}€`)).toBe("a€");
  });

  test("keeps colours, lines and tabs", () => {
    const text = `\ta${sequences["colour, with sub-parameters"]}b\n`;
    expect(withColours(text)).toBe(text.replace("\n", "\x1b[0m\n"));
  });

  test("has lost what moves the cursor, in either half of the control characters", () => {
    expect(withColours("a\rb\b\v\f\0\x7f\x84\x85\x9cc")).toBe("abc");
    expect(withColours("a\r\nb")).toBe("a\nb");
    expect(withColours("\x1b[31kx")).toBe("x");
  });
});

test.each(["\n", "\r\n", "\r", "\u2028", "\u2029"])(
  "the first line that says something ends at %j",
  (end) => {
    expect(firstLine(` ${end}\x1b[0m${end} one ${end}two`)).toBe("one");
  },
);
