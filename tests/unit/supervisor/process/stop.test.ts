import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { limits } from "@mcp-gateway/kit";
import { listProcesses } from "../../../../apps/supervisor/src/process/process-table.ts";
import { killLeftovers, sendSignal } from "../../../../apps/supervisor/src/process/sweep.ts";
import { readUntil, startProgram, temporaryFolder, until, zombiesOf } from "./programs.ts";

describe.skipIf(process.platform !== "linux")("stopping a program", () => {
  test("one that ends when its stdin closes is not signalled", async () => {
    using folder = temporaryFolder();
    const mark = join(folder.path, "signalled");
    const { child, alive } = startProgram(`trap 'touch ${mark}' TERM; echo up; cat >/dev/null; exit 3`);
    await readUntil(child, "up");
    await child.stop();
    expect(await child.exited).toEqual({ exitCode: 3, signal: null });
    expect(existsSync(mark)).toBe(false);
    expect(await alive()).toBe(0);
  });

  test("one that ignores SIGTERM is killed after the grace", async () => {
    const { child, alive } = startProgram(`trap '' TERM; echo up; while :; do sleep 0.1; done`);
    await readUntil(child, "up");
    const beganMs = performance.now();
    await child.stop();
    const tookMs = performance.now() - beganMs;
    expect((await child.exited).signal).toBe("SIGKILL");
    expect(tookMs).toBeGreaterThan(limits.stopInputGraceMs + limits.stopTermGraceMs - 200);
    expect(tookMs).toBeLessThan(limits.stopInputGraceMs + limits.stopTermGraceMs + 2_000);
    expect(await alive()).toBe(0);
  }, 15_000);

  test("`now` cuts a polite stop short", async () => {
    const { child, alive } = startProgram(`trap '' TERM; echo up; while :; do sleep 0.1; done`);
    await readUntil(child, "up");
    const beganMs = performance.now();
    const polite = child.stop();
    void child.stop({ now: true });
    await polite;
    expect(performance.now() - beganMs).toBeLessThan(1_500);
    expect(await alive()).toBe(0);
  });

  test("a program that has nothing to read is asked by SIGTERM at once", async () => {
    const { child } = startProgram("exec sleep 300", { transport: "http", url: "http://127.0.0.1:1/" });
    const beganMs = performance.now();
    await child.stop();
    expect((await child.exited).signal).toBe("SIGTERM");
    expect(performance.now() - beganMs).toBeLessThan(limits.stopInputGraceMs);
  });

  test("grandchildren that left the group with setsid are found by the tag", async () => {
    const { child, alive } = startProgram(
      "setsid sh -c 'setsid sleep 300 & sleep 300' & echo up; cat >/dev/null",
    );
    await readUntil(child, "up");
    await until(async () => (await alive()) >= 4, "the setsid'd grandchildren");
    await child.stop();
    expect(await alive()).toBe(0);
  });

  test("a grandchild that left the group and threw its environment away is found by descent", async () => {
    const { child } = startProgram("env -i /usr/bin/setsid -w /bin/sleep 4321 & echo up; cat >/dev/null");
    await readUntil(child, "up");
    const strays = async () => {
      const found = [];
      for (const { pid } of await listProcesses()) {
        const line = await Bun.file(`/proc/${pid}/cmdline`)
          .text()
          .catch(() => "");
        if (line.startsWith("/bin/sleep\x004321")) found.push(pid);
      }
      return found.length;
    };
    await until(async () => (await strays()) === 1, "the stray");
    await child.stop();
    expect(await strays()).toBe(0);
  });

  test("twenty grandchildren that ignore SIGTERM leave with it", async () => {
    const script = `for i in $(seq 20); do (trap '' TERM; while :; do sleep 1; done) & done; echo up; cat >/dev/null`;
    const { child, alive } = startProgram(script);
    await readUntil(child, "up");
    await until(async () => (await alive()) >= 21, "twenty grandchildren");
    await child.stop();
    expect(await alive()).toBe(0);
  }, 15_000);

  test("after a crash, what it left behind is ended too", async () => {
    const { child, alive } = startProgram("setsid sleep 300 & sleep 300 & echo up; kill -SEGV $$");
    expect(await child.exited).toEqual({ exitCode: null, signal: "SIGSEGV" });
    await until(async () => (await alive()) === 2, "the orphans");
    await child.stop({ now: true });
    expect(await alive()).toBe(0);
  });

  test("a stopped (SIGSTOP) program is killed", async () => {
    const { child, alive } = startProgram("echo up; cat >/dev/null");
    await readUntil(child, "up");
    process.kill(-child.pid, "SIGSTOP");
    await child.stop();
    expect(await alive()).toBe(0);
  }, 15_000);

  test("stopping twice is stopping once", async () => {
    const { child } = startProgram("cat");
    await Promise.all([child.stop(), child.stop()]);
    await child.stop();
    expect(sendSignal(child.pid, 0)).toBe(false);
  });

  test("two hundred cycles leave no zombie and no process", async () => {
    for (let round = 0; round < 20; round++) {
      const batch = Array.from({ length: 10 }, () => startProgram("sleep 300 & cat"));
      await Promise.all(batch.map(({ child }) => child.stop({ now: true })));
      for (const { alive } of batch) expect(await alive()).toBe(0);
    }
    await until(() => zombiesOf(process.pid) === 0, "zombies to be reaped", 2_000);
  }, 60_000);

  test("leftovers of an earlier run are killed, those of this run are not", async () => {
    const earlier = startProgram("setsid sleep 300 & echo up; exec cat");
    const current = startProgram("exec cat");
    await readUntil(earlier.child, "up");
    await until(async () => (await earlier.alive()) === 2, "both processes");
    const other = { ...current.scope, scope: "0123456789abcdef" };
    expect((await killLeftovers(other)).killed).toBe(0);
    expect(await killLeftovers(current.scope)).toEqual({ killed: 2, left: 0 });
    expect(await earlier.alive()).toBe(0);
    expect(await current.alive()).toBe(1);
    await current.child.stop();
    await earlier.child.stop();
  });
});
