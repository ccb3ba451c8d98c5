/** A program that closes its stdin: nothing can be asked of it any more, and it must not end the supervisor. */
import { expect, test } from "bun:test";
import { StdinQueue } from "../../../../apps/supervisor/src/process/stdin-queue.ts";

test("what Bun says of a dead child's pipe (`true`) closes the queue", async () => {
  let ended = 0;
  const queue = new StdinQueue({
    write: () => true,
    end: () => {
      ended += 1;
      return true;
    },
  });
  queue.write(new Uint8Array(10));
  await Promise.resolve();
  expect(queue.isOpen).toBe(false);
  expect(queue.queuedBytes).toBe(0);
  expect(ended).toBe(1);
  queue.write(new Uint8Array(10));
  expect(queue.queuedBytes).toBe(0);
});

test("a write that fails later closes it too", async () => {
  const queue = new StdinQueue({ write: () => Promise.reject(new Error("EPIPE")), end: () => 0 });
  queue.write(new Uint8Array(10));
  await new Promise((resolve) => setImmediate(resolve));
  expect(queue.isOpen).toBe(false);
});
