/** Only the memory that was offered is mapped: the same numbers can name anything in another pid namespace. */
import { describe, expect, test } from "bun:test";
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  openOfferedRing,
  RingWriter,
  ringHeadBytes,
  ringMarkBytes,
  ringMemoryName,
  writeRingOffer,
} from "@mcp-gateway/contract";
import { SharedMemory } from "../../../apps/supervisor/src/system/shared-memory.ts";
import { tempDir } from "../../support/temp-dir.ts";

const markBytes = new Uint8Array(ringMarkBytes).fill(9);
const mark = Buffer.from(markBytes).toString("base64");
const { pid } = process;

function offered(offer: object): () => unknown {
  return () => openOfferedRing(Buffer.from(JSON.stringify(offer)));
}

describe.skipIf(process.platform !== "linux")("an offered ring", () => {
  test("is mapped, and what one side writes the other reads", () => {
    const memory = memoryOf(ringMemoryName);
    const writer = new RingWriter(memory.bytes, markBytes);
    const reader = openOfferedRing(writeRingOffer({ pid, descriptor: memory.descriptor ?? -1, mark }));
    memory.closeDescriptor();
    expect(memory.descriptor).toBeUndefined();
    const start = writer.put(Buffer.from("through the ring")) ?? 0;
    const into = Buffer.alloc(16);
    expect(reader.take(start, into)).toBe(true);
    expect(into.toString()).toBe("through the ring");
    expect(writer.isEmpty).toBe(true);
  });

  test("with another mark is refused", () => {
    const memory = memoryOf(ringMemoryName);
    new RingWriter(memory.bytes, new Uint8Array(ringMarkBytes).fill(8));
    expect(offered({ pid, descriptor: memory.descriptor, mark })).toThrow("another ring");
    memory.closeDescriptor();
  });

  test("that is a file, other memory, a closed descriptor or another process's is refused, and not written to", () => {
    using folder = tempDir("ring");
    const path = join(folder.path, ringMemoryName);
    const content = Buffer.alloc(ringHeadBytes * 2, 9);
    writeFileSync(path, content);
    const file = openSync(path, "r+");
    expect(offered({ pid, descriptor: file, mark })).toThrow("no ring");
    ftruncateSync(file, content.length);
    closeSync(file);
    expect(readFileSync(path).equals(content)).toBe(true);
    const other = memoryOf("something-else");
    new RingWriter(other.bytes, markBytes);
    expect(offered({ pid, descriptor: other.descriptor, mark })).toThrow("no ring");
    other.closeDescriptor();
    expect(offered({ pid, descriptor: 1_000_000, mark })).toThrow("ENOENT");
    expect(offered({ pid: 4_194_305, descriptor: 3, mark })).toThrow("ENOENT");
  });

  test("of no known shape is refused", () => {
    for (const offer of [
      {},
      { pid: "1", descriptor: 1, mark },
      { pid, descriptor: 1.5, mark },
      { pid, descriptor: 1 },
    ])
      expect(offered(offer)).toThrow("no known shape");
    expect(() => openOfferedRing(Buffer.from("{"))).toThrow();
  });
});

describe.skipIf(process.platform !== "linux")("shared memory", () => {
  test("that is given back reads as zeros from there on, and is kept before", () => {
    const memory = memoryOf("given-back");
    memory.bytes.fill(5);
    memory.giveBack(ringHeadBytes);
    expect(memory.bytes.subarray(0, ringHeadBytes).every((byte) => byte === 5)).toBe(true);
    expect(memory.bytes.subarray(ringHeadBytes).every((byte) => byte === 0)).toBe(true);
    memory.closeDescriptor();
    memory.closeDescriptor();
  });
});

function memoryOf(name: string): SharedMemory {
  const memory = SharedMemory.create(name, ringHeadBytes * 4);
  if (memory === undefined) throw new Error("no shared memory here");
  return memory;
}
