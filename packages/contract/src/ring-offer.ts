/** How the memory of a ring is named and found (frame kind `ring`). */
import { readlinkSync } from "node:fs";
import { type Static, Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";
import { RingReader, ringMarkBytes } from "./ring.ts";

/** The memory has no name in any folder: it is a descriptor of the process that offers it (memfd_create). */
export const RingOffer = Type.Object({
  pid: Type.Integer({ minimum: 1 }),
  descriptor: Type.Integer({ minimum: 0 }),
  /** Stands in the memory too. In base64. */
  mark: Type.String({ maxLength: 64 }),
});
export type RingOffer = Static<typeof RingOffer>;

/** What the system puts before the name that the memory was made with. */
const memoryPrefix = "/memfd:";
export const ringMemoryName = "mcp-gateway-ring";

export function writeRingOffer(offer: RingOffer): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(offer));
}

/**
 * Maps the memory that is offered. In another pid namespace the same numbers can name anything, so nothing is opened
 * that is no such memory, and nothing written before the mark was found.
 *
 * @throws Error that says why it can't be used
 */
export function openOfferedRing(payload: Uint8Array): RingReader {
  const offer: unknown = JSON.parse(new TextDecoder().decode(payload));
  if (!Check(RingOffer, offer)) throw new Error("the offer of a ring has no known shape");
  const path = `/proc/${offer.pid}/fd/${offer.descriptor}`;
  const target = readlinkSync(path);
  if (!target.startsWith(memoryPrefix + ringMemoryName)) throw new Error(`${path} is ${target}, no ring`);
  const mark = Buffer.from(offer.mark, "base64");
  const ring = RingReader.open(Bun.mmap(path, { shared: true }), mark);
  if (ring === undefined)
    throw new Error(`${path} is another ring, or its mark has not ${ringMarkBytes} bytes`);
  return ring;
}
