/** Frames survive any cutting of the byte stream; what is no frame is refused and never guessed at. */
import { expect, test } from "bun:test";
import {
  encodeFrameHeader,
  type Frame,
  FrameDecoder,
  FrameFlag,
  FrameKind,
  FrameWriter,
} from "@mcp-gateway/contract";
import { limits } from "@mcp-gateway/kit";
import fc from "fast-check";
import { seedFromEnvironment } from "../../support/random.ts";

const seed = seedFromEnvironment();
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

const frames = fc.array(
  fc.record({
    kind: fc.constantFrom(...Object.values(FrameKind)),
    flags: fc.integer({ min: 0, max: FrameFlag.error | FrameFlag.plain }),
    backend: fc.integer({ min: 0, max: 0xffff }),
    call: u32,
    epoch: u32,
    instance: u32,
    reference: u32,
    payload: fc.uint8Array({ maxLength: 40_000 }),
    idAt: fc.double({ min: 0, max: 1, noNaN: true }),
    idPart: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { maxLength: 20 },
);

type Part = Omit<Frame, "idStart" | "idLength" | "roomBytes"> & { idAt: number; idPart: number };

function complete({ idAt, idPart, ...frame }: Part): Omit<Frame, "roomBytes"> {
  const idStart = Math.floor(idAt * frame.payload.length);
  const idLength = Math.floor(idPart * (frame.payload.length - idStart));
  return { ...frame, flags: frame.kind === FrameKind.reply ? frame.flags : 0, idStart, idLength };
}

/** Whoever gets a frame may write here; no other frame may be changed by it. */
function useRoom({ payload, roomBytes }: Frame): void {
  const { buffer, byteOffset, length } = payload;
  if (roomBytes === 0) return;
  new Uint8Array(buffer, byteOffset - roomBytes, roomBytes).fill(0xff);
  new Uint8Array(buffer, byteOffset + length, roomBytes).fill(0xff);
}

/** A socket that takes as much as it likes at a time. */
function sink(takes: readonly number[]) {
  const taken: number[] = [];
  let at = 0;
  return {
    taken,
    write(bytes: Uint8Array): number {
      const room = takes.length === 0 ? bytes.length : (takes[at++ % takes.length] ?? bytes.length);
      const count = Math.min(room, bytes.length);
      for (const byte of bytes.subarray(0, count)) taken.push(byte);
      return count;
    },
  };
}

test(`any frames through a socket that takes any part at a time come out as they went in (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      frames,
      fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 5 }),
      async (parts, takes, cuts) => {
        const sent = parts.map(complete);
        const socket = sink(takes.some((count) => count > 0) ? takes : []);
        const writer = new FrameWriter(socket);
        for (const frame of sent) expect(writer.write(frame)).toBe(true);
        for (let turn = 0; writer.queuedBytes > 0; turn += 1) {
          await new Promise((resolve) => setImmediate(resolve));
          writer.drained();
          if (turn > 2_000_000) throw new Error("the writer does not move");
        }
        const received: Frame[] = [];
        const decoder = new FrameDecoder((frame) => {
          received.push({ ...frame, payload: new Uint8Array(frame.payload) });
          useRoom(frame);
        });
        const bytes = Uint8Array.from(socket.taken);
        for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
          const length = cuts[cut % cuts.length] ?? 1;
          expect(decoder.push(bytes.subarray(at, at + length))).toBe(true);
          at += length;
        }
        expect(received.map(({ payload, ...rest }) => ({ ...rest, payload: [...payload] }))).toMatchObject(
          sent.map(({ payload, ...rest }) => ({ ...rest, payload: [...payload] })),
        );
        expect(received).toHaveLength(sent.length);
      },
    ),
    { seed, numRuns: 60 },
  );
});

test(`bytes that are no frames close the connection and deliver nothing more (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 200 }), (bytes) => {
      const received: Frame[] = [];
      const decoder = new FrameDecoder((frame) => received.push(frame), 1_000);
      const isFine = decoder.push(bytes);
      if (!isFine) {
        const before = received.length;
        expect(decoder.push(encodeFrameHeader({ kind: FrameKind.cancel, payload: new Uint8Array() }))).toBe(
          false,
        );
        expect(received).toHaveLength(before);
      }
      for (const { idStart, idLength, payload } of received)
        expect(idStart + idLength).toBeLessThanOrEqual(payload.length);
    }),
    { seed, numRuns: 2_000 },
  );
});

test("a payload beyond the bound is refused before a byte of it is stored", () => {
  const decoder = new FrameDecoder(() => {}, 100);
  const header = encodeFrameHeader({ kind: FrameKind.call, payload: new Uint8Array(101) });
  expect(decoder.push(header)).toBe(false);
});

test("flags that are not known, or on a frame that has none, are no frame", () => {
  const payload = new Uint8Array();
  const isTaken = (kind: FrameKind, flags: number): boolean =>
    new FrameDecoder(() => {}).push(encodeFrameHeader({ kind, flags, payload }));
  expect(isTaken(FrameKind.reply, FrameFlag.error | FrameFlag.plain)).toBe(true);
  expect(isTaken(FrameKind.reply, 8)).toBe(false);
  for (const kind of Object.values(FrameKind).filter((one) => one !== FrameKind.reply))
    expect([isTaken(kind, 0), isTaken(kind, FrameFlag.error)]).toEqual([true, false]);
});

test("a payload that comes in pieces has room on both sides, one that comes whole has none", () => {
  const frame = { kind: FrameKind.reply, payload: Buffer.from("payload") };
  const bytes = Buffer.concat([encodeFrameHeader(frame), frame.payload]);
  const rooms: number[] = [];
  const decoder = new FrameDecoder(({ roomBytes }) => rooms.push(roomBytes));
  decoder.push(bytes);
  decoder.push(bytes.subarray(0, -3));
  decoder.push(bytes.subarray(-3));
  expect(rooms).toEqual([0, limits.frameRoomBytes]);
});
