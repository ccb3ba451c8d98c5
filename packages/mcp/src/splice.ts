/**
 * Puts ids into messages by bytes: into a complete one at a known place, or in front of a body without one.
 *
 * A body without id is what stands behind `{"jsonrpc":"2.0","id":…,`; so either side can give it its own id
 * with one copy and without parsing it.
 */
import type { JsonRpcErrorObject } from "@mcp-gateway/kit";

/** What stands before the id of every message made here. */
export const headBytes = Buffer.from('{"jsonrpc":"2.0","id":');
const encoder = new TextEncoder();
const comma = 0x2c;
const resultKey = Buffer.from('"result":');
const closeBrace = 0x7d;
const heapArrayBytesMax = 1_000;
/** Below this a copy costs less than what it would spare. */
const inPlaceBytesMin = 32 * 1024;
const movedBytesMax = 1_000;

/** A copy of `bytes` in which the id at `idStart` is replaced by `id`. */
export function spliceId(bytes: Uint8Array, idStart: number, idLength: number, id: Uint8Array): Uint8Array {
  const out = allocate(bytes.length - idLength + id.length);
  // Copied without views of the parts: making one of a small array costs more than the copy.
  copyBytes(bytes, out, 0, 0, idStart);
  out.set(id, idStart);
  copyBytes(bytes, out, idStart + id.length, idStart + idLength, bytes.length);
  return out;
}

/** Small arrays live on the heap of the engine; large ones need not be filled with zeros first. */
function allocate(length: number): Uint8Array {
  return length > heapArrayBytesMax ? Buffer.allocUnsafeSlow(length) : new Uint8Array(length);
}

function copyBytes(from: Uint8Array, to: Uint8Array, at: number, start: number, end: number): void {
  Buffer.prototype.copy.call(from, to, at, start, end);
}

/** `"method":"…","params":{…}}`; without the member `params` if it is undefined. */
export function idlessBody(method: string, params: unknown): Uint8Array {
  const name = JSON.stringify(method);
  return encoder.encode(
    params === undefined ? `"method":${name}}` : `"method":${name},"params":${JSON.stringify(params)}}`,
  );
}

/** A complete request from a body and a number of ours. */
export function withRequestId(body: Uint8Array, id: number): Uint8Array {
  const digits = String(id);
  const bodyStart = headBytes.length + digits.length + 1;
  const out = allocate(bodyStart + body.length);
  out.set(headBytes, 0);
  for (let at = 0; at < digits.length; at += 1) out[headBytes.length + at] = digits.charCodeAt(at);
  out[bodyStart - 1] = comma;
  out.set(body, bodyStart);
  return out;
}

/**
 * The same as `spliceId` for a message that is the caller's to change: a large one is not copied when the new id
 * fits where the old one was and stands near one of its ends, where most serialisers put it.
 */
export function spliceOwnId(
  bytes: Uint8Array,
  idStart: number,
  idLength: number,
  id: Uint8Array,
): Uint8Array {
  const spare = idLength - id.length;
  const idEnd = idStart + idLength;
  if (bytes.length < inPlaceBytesMin || spare < 0) return spliceId(bytes, idStart, idLength, id);
  if (bytes.length - idEnd <= movedBytesMax) {
    bytes.set(id, idStart);
    bytes.copyWithin(idEnd - spare, idEnd);
    return spare === 0 ? bytes : bytes.subarray(0, bytes.length - spare);
  }
  if (idStart > movedBytesMax) return spliceId(bytes, idStart, idLength, id);
  bytes.copyWithin(spare, 0, idStart);
  bytes.set(id, idStart + spare);
  return spare === 0 ? bytes : bytes.subarray(spare);
}

/** A complete message from a body and an id as JSON bytes. */
export function withIdBytes(body: Uint8Array, id: Uint8Array): Uint8Array {
  const bodyStart = headBytes.length + id.length + 1;
  const out = allocate(bodyStart + body.length);
  out.set(headBytes, 0);
  out.set(id, headBytes.length);
  out[bodyStart - 1] = comma;
  out.set(body, bodyStart);
  return out;
}

/** `"result":…}` from the result as JSON. */
export function resultBody(resultJson: string | Uint8Array): Uint8Array {
  if (typeof resultJson === "string") return Buffer.from(`"result":${resultJson}}`);
  const out = allocate(resultKey.length + resultJson.length + 1);
  out.set(resultKey, 0);
  out.set(resultJson, resultKey.length);
  out[out.length - 1] = closeBrace;
  return out;
}

/** `"error":{…}}`. */
export function errorBody(error: JsonRpcErrorObject): Uint8Array {
  return Buffer.from(`"error":${JSON.stringify(error)}}`);
}
