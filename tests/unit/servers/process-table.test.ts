/** Who belongs to a command, in the two ways of reading the machine's processes. */
import { describe, expect, test } from "bun:test";
import { hasTag, isOfServer, tagValue, tagVariable } from "../../../servers/shell-core/src/call-tag.ts";
import { readProcessTable } from "../../../servers/shell-core/src/process-table.ts";
import { parsePsTable, readPsTable } from "../../../servers/shell-core/src/process-table-ps.ts";
import { withDescendants } from "../../../servers/shell-core/src/process-tree-posix.ts";

const entry = (pid: number, parent: number, tag = "") => ({ pid, parent, group: pid, startedAt: "1", tag });

describe("the process table", () => {
  test.each([
    ["the system's own way", readProcessTable],
    ["ps", readPsTable],
  ])("shows a process with its group and its tag through %s", async (_, read) => {
    const tag = tagValue("server.1", "outer.7");
    const child = Bun.spawn(["sh", "-c", "echo up; exec sleep 60"], {
      detached: true,
      env: { PATH: process.env["PATH"], [tagVariable]: tag },
    });
    try {
      // A process that was started this moment has no environment yet, and `ps` shows it without.
      await child.stdout.getReader().read();
      const found = (await read()).find(({ pid }) => pid === child.pid);
      expect(found).toMatchObject({ parent: process.pid, group: child.pid, tag });
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
    expect((await read()).some(({ pid }) => pid === child.pid)).toBe(false);
  });

  test("never shows a process without its tag because it was started this moment", async () => {
    const untagged: string[] = [];
    for (let round = 0; round < 100; round++) {
      const tag = `server.${round}`;
      const child = Bun.spawn(["sleep", "60"], {
        detached: true,
        env: { PATH: process.env["PATH"], [tagVariable]: tag },
      });
      const found = (await readProcessTable()).find(({ pid }) => pid === child.pid);
      if (found?.tag !== tag) untagged.push(`${round}: ${JSON.stringify(found)}`);
      child.kill("SIGKILL");
      await child.exited;
    }
    expect(untagged).toEqual([]);
  });

  test("leaves zombies out and takes names with spaces in", () => {
    const text = `  7 1 7 S   a b (c) X=1 ${tagVariable}=s.1 Y=2\n  8 7 7 Z  [gone]\nnonsense\n`;
    expect(parsePsTable(text)).toEqual([{ pid: 7, parent: 1, group: 7, startedAt: "", tag: "s.1" }]);
  });
});

describe("a tree", () => {
  test("has all generations below a member, and nobody else", () => {
    const table = [
      entry(2, 1),
      entry(3, 2, "t"),
      entry(4, 3),
      entry(5, 4),
      entry(6, 2),
      entry(process.pid, 3),
    ];
    const found = withDescendants(table, ({ tag }) => tag === "t").map(({ pid }) => pid);
    expect(found.sort()).toEqual([3, 4, 5]);
  });

  test("is told by whole tags, also of a server within a command", () => {
    expect(hasTag("a.1,b.2", "b.2")).toBe(true);
    expect(hasTag("a.12", "a.1")).toBe(false);
    expect(hasTag("", "")).toBe(false);
    expect(isOfServer("a.1,b.2", "b")).toBe(true);
    expect(isOfServer("ab.1", "a")).toBe(false);
  });
});
