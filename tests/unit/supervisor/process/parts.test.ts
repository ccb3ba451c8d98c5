import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Log, LogFile, limits, ManualClock } from "@mcp-gateway/kit";
import { ConfigWatch } from "../../../../apps/supervisor/src/config-watch.ts";
import { parsePs } from "../../../../apps/supervisor/src/process/process-table.ts";
import { OutputLog, TextLines } from "../../../../apps/supervisor/src/process/stderr.ts";
import {
  backendTag,
  hasTag,
  isLeftover,
  tagScope,
  tagValue,
} from "../../../../apps/supervisor/src/process/tag.ts";
import { StartSlots } from "../../../../apps/supervisor/src/start-slots.ts";
import { silentLog, temporaryFolder, until } from "./programs.ts";

describe("lines of a program's output", () => {
  test("are the same however the bytes are cut", () => {
    const text = "one\ntwo\r\n\nthr€e\nlast";
    const bytes = new TextEncoder().encode(text);
    for (let size = 1; size <= bytes.length; size++) {
      const lines: string[] = [];
      const splitter = new TextLines((line) => lines.push(line));
      for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
      splitter.finish();
      expect(lines).toEqual(["one", "two", "", "thr€e", "last"]);
    }
  });

  test("beyond the rate are counted instead of logged, and the newest are kept all the same", () => {
    using folder = temporaryFolder();
    const file = new LogFile({ directory: folder.path, stamp: "s", level: "info", source: "t" });
    const clock = new ManualClock();
    const output = new OutputLog({
      log: new Log("t", "info", file),
      clock,
      backend: "b",
      event: "backend stderr",
    });
    for (let line = 0; line < limits.stderrLinesPerSecondMax + 70; line++) output.line(`n${line}`);
    clock.advance(1_000);
    output.line("after");
    file.close();
    const written = readFileSync(file.path, "utf8");
    expect(written.match(/backend stderr backend=b/g)?.length).toBe(limits.stderrLinesPerSecondMax + 1);
    expect(written).toContain("backend stderr lines dropped backend=b count=70");
    expect(output.tail().at(-1)).toBe("after");
    expect(output.tail().length).toBe(limits.stderrTailLinesMax);
  });
});

describe("tags", () => {
  const ours = tagScope("/run/a.sock", "r2");
  const earlier = tagScope("/run/a.sock", "r1");
  const other = tagScope("/run/b.sock", "r1");

  test("name address, run, backend and epoch", () => {
    expect(hasTag(backendTag(ours, 1, 1), backendTag(ours, 1, 1))).toBe(true);
    expect(hasTag(backendTag(ours, 1, 11), backendTag(ours, 1, 1))).toBe(false);
    expect(isLeftover(backendTag(earlier, 1, 1), ours)).toBe(true);
    expect(isLeftover(backendTag(ours, 1, 1), ours)).toBe(false);
    expect(isLeftover(backendTag(other, 1, 1), ours)).toBe(false);
    expect(isLeftover("", ours)).toBe(false);
  });

  test("of a gateway within a gateway are both kept", () => {
    const value = tagValue(backendTag(other, 3, 4), backendTag(ours, 1, 2));
    expect(hasTag(value, backendTag(ours, 1, 2))).toBe(true);
    expect(hasTag(value, backendTag(other, 3, 4))).toBe(true);
  });

  test("are read from what ps prints", () => {
    const entries = parsePs(
      "  12     1    12 Ss   /bin/x -y HOME=/h MCP_GATEWAY_TAG=a.b.1.2 Z=1\n  13 12 12 Z (x)\nnonsense\n",
    );
    expect(entries).toEqual([{ pid: 12, parent: 1, group: 12, startedAt: "", tag: "a.b.1.2" }]);
  });
});

describe("start slots", () => {
  test("are given back by release or by time, once, and in the order asked", async () => {
    const clock = new ManualClock();
    const slots = new StartSlots(clock, 1);
    const { signal } = new AbortController();
    const first = await slots.acquire(signal);
    const order: string[] = [];
    const second = slots.acquire(signal).then((release) => {
      order.push("second");
      return release;
    });
    const gone = new AbortController();
    const aborted = slots.acquire(gone.signal);
    const third = slots.acquire(signal).then(() => order.push("third"));
    gone.abort();
    expect(await aborted).toBeUndefined();
    first?.();
    first?.();
    await second;
    expect(order).toEqual(["second"]);
    clock.advance(limits.backendStartSlotMsMax);
    await third;
    expect(order).toEqual(["second", "third"]);
  });

  test("are few at first, and soon as many as there may be", async () => {
    const clock = new ManualClock();
    const slots = new StartSlots(clock);
    const { signal } = new AbortController();
    let given = 0;
    for (let asked = 0; asked < limits.backendStartsAtOnceMax + 3; asked += 1)
      void slots.acquire(signal).then(() => {
        given += 1;
      });
    await Promise.resolve();
    expect(given).toBe(limits.backendStartsAtOnceFirstMax);
    clock.advance(limits.backendStartsFirstMs);
    await Promise.resolve();
    expect(given).toBe(limits.backendStartsAtOnceMax);
  });

  test("that nobody waits for are there when they are asked for", async () => {
    const clock = new ManualClock();
    const slots = new StartSlots(clock, 3);
    const { signal } = new AbortController();
    const first = await slots.acquire(signal);
    clock.advance(limits.backendStartsFirstMs);
    expect(await Promise.all([slots.acquire(signal), slots.acquire(signal)])).toHaveLength(2);
    let isGiven = false;
    void slots.acquire(signal).then(() => {
      isGiven = true;
    });
    await Promise.resolve();
    expect(isGiven).toBe(false);
    first?.();
    await Promise.resolve();
    expect(isGiven).toBe(true);
  });
});

describe("the watch on the configuration file", () => {
  test("notices writing, replacing, and a link that points elsewhere; once for a burst", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "config.json");
    mkdirSync(join(folder.path, "data"));
    writeFileSync(path, "1");
    let changes = 0;
    const watch = new ConfigWatch(path, silentLog, () => {
      changes += 1;
    });
    const change = async (what: string, act: () => void) => {
      const before = changes;
      act();
      await until(() => changes > before, what, 5_000);
      await Bun.sleep(limits.configReloadDebounceMs);
      expect(changes).toBe(before + 1);
    };
    await change("a burst of writes", () => {
      for (let i = 0; i < 5; i++) writeFileSync(path, "2".repeat(i));
    });
    await change("a replaced file", () => {
      writeFileSync(`${path}.new`, "3");
      renameSync(`${path}.new`, path);
    });
    writeFileSync(join(folder.path, "data/a"), "a");
    await change("a link", () => {
      rmSync(path);
      symlinkSync(join(folder.path, "data/a"), path);
    });
    await change("a write behind the link", () => writeFileSync(join(folder.path, "data/a"), "bb"));
    watch.close();
  }, 20_000);
});
