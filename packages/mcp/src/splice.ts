/**
 * Puts ids into messages by bytes: into a complete one at a known place, or in front of a body without one.
 *
 * A body without id is what stands behind `{"jsonrpc":"2.0","id":…,`; so either side can give it its own id
 * with one copy and without parsing it.
 */
import type { JsonRpcErrorObject } from "@mcp-gateway/kit";
import { allocate, copyBytes } from "./byte-copy.ts";
import { applyOwnEdits, inPlaceBytesMin } from "./result-edits.ts";

/** What stands before the id of every message made here. */
export const headBytes = Buffer.from('{"jsonrpc":"2.0","id":');
const encoder = new TextEncoder();
const comma = 0x2c;
const resultKey = Buffer.from('"result":');
const closeBrace = 0x7d;

/** A copy of `bytes` in which the id at `idStart` is replaced by `id`. */
export function spliceId(bytes: Uint8Array, idStart: number, idLength: number, id: Uint8Array): Uint8Array {
  const out = allocate(bytes.length - idLength + id.length);
  copyBytes(bytes, out, 0, 0, idStart);
  out.set(id, idStart);
  copyBytes(bytes, out, idStart + id.length, idStart + idLength, bytes.length);
  return out;
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

/** The same as `spliceId` for a message that is the caller's to change, with this much room on both sides. */
export function spliceOwnId(
  bytes: Uint8Array,
  idStart: number,
  idLength: number,
  id: Uint8Array,
  roomBytes = 0,
): Uint8Array {
  if (bytes.length < inPlaceBytesMin) return spliceId(bytes, idStart, idLength, id);
  return applyOwnEdits(bytes, [{ start: idStart, end: idStart + idLength, text: id }], roomBytes);
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
