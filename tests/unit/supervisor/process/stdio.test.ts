/** What a child talks over: sockets of our own on Linux, Bun's pipes elsewhere; both move the same bytes and leave nothing. */
import { describe, expect, test } from "bun:test";
import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StdinQueue } from "../../../../apps/supervisor/src/process/stdin-queue.ts";
import { PipeOutput } from "../../../../apps/supervisor/src/process/stdio/process-output.ts";
import {
  closeDescriptor,
  openSocketPair,
} from "../../../../apps/supervisor/src/process/stdio/socket-pair.ts";
import { readAll, startProgram, temporaryFolder, until } from "./programs.ts";

const isLinux = process.platform === "linux";

/** What each open descriptor is, as far as a socket or a pipe is concerned. */
function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

test.skipIf(!isLinux)("Linux gives pairs of sockets", () => {
  const pair = openSocketPair();
  expect(pair).toBeDefined();
  for (const end of [pair?.ours, pair?.childs]) if (end !== undefined) closeDescriptor(end);
});

describe.skipIf(!isLinux)("the sockets of a child", () => {
  test("are closed with it, however it ended", async () => {
    // Bun opens descriptors of its own with the first child.
    const first = startProgram("exit 0").child;
    await readAll(first);
    await first.stop();
    const before = descriptors();
    const children = Array.from({ length: 12 }, (_, at) =>
      at % 3 === 0
        ? startProgram("exit 0")
        : at % 3 === 1
          ? startProgram("exec cat")
          : startProgram("kill -9 $$"),
    );
    // Of every second one nobody ever reads the output.
    await Promise.all(
      children.map(({ child }, at) =>
        at % 2 === 0 ? child.stop() : Promise.race([readAll(child), child.stop()]),
      ),
    );
    await Promise.all(children.map(({ child }) => child.stop()));
    await until(() => descriptors() <= before, "the descriptors to be closed");
  });

  test("are closed when the program can't be started", () => {
    using folder = temporaryFolder();
    const script = join(folder.path, "script");
    writeFileSync(script, "#!/no/such/interpreter\n");
    chmodSync(script, 0o755);
    const before = descriptors();
    for (let at = 0; at < 5; at += 1) expect(() => startProgram("", { command: script, args: [] })).toThrow();
    expect(descriptors()).toBe(before);
  });

  test("hold back a child whose output nobody takes, and lose nothing of it", async () => {
    const { child } = startProgram("seq 1 400000");
    let bytes = 0;
    let isPaused = false;
    let whilePaused = 0;
    const ended = child.stdout.read((chunk) => {
      bytes += chunk.length;
      if (isPaused) whilePaused += chunk.length;
      if (!isPaused && bytes === chunk.length) {
        isPaused = true;
        child.stdout.pause();
        void Bun.sleep(100).then(() => {
          expect(child.hasExited).toBe(false);
          isPaused = false;
          child.stdout.resume();
        });
      }
    });
    await ended;
    expect(bytes).toBe("400000".length * 300_001 + 5 * 90_000 + 4 * 9_000 + 3 * 900 + 2 * 90 + 9 + 400_000);
    expect(whilePaused).toBe(0);
  });
});

test("over Bun's pipes every byte arrives, in order, and the end is told", async () => {
  const child = Bun.spawn(["cat"], { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  const input = new StdinQueue(child.stdin);
  const output = new PipeOutput(child.stdout);
  const lines = Array.from(
    { length: 300 },
    (_, at) => `${at}:${"x".repeat(at % 11 === 0 ? 120_000 : at % 40)}\n`,
  );
  let seen = "";
  const decoder = new TextDecoder();
  const ended = output.read((chunk) => {
    seen += decoder.decode(chunk, { stream: true });
  });
  for (const line of lines) input.write(new TextEncoder().encode(line));
  input.end();
  await ended;
  expect(seen === lines.join("")).toBe(true);
  expect(input.queuedBytes).toBe(0);
  expect(await child.exited).toBe(0);
});
