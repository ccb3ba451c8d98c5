/**
 * Puts ids into messages by bytes: into a complete one at a known place, or in front of a body without one.
 *
 * A body without id is what stands behind `{"jsonrpc":"2.0","id":…,`; so either side can give it its own id
 * with one copy and without parsing it.
 */
import type { JsonRpcErrorObject } from "@mcp-gateway/kit";

const head = '{"jsonrpc":"2.0","id":';
const headBytes = Buffer.from(head);
const comma = 0x2c;
const resultKey = Buffer.from('"result":');
const closeBrace = 0x7d;

/** A copy of `bytes` in which the id at `idStart` is replaced by `id`. */
export function spliceId(bytes: Uint8Array, idStart: number, idLength: number, id: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(bytes.length - idLength + id.length);
  out.set(bytes.subarray(0, idStart), 0);
  out.set(id, idStart);
  out.set(bytes.subarray(idStart + idLength), idStart + id.length);
  return out;
}

/** `"method":"…","params":{…}}`; without the member `params` if it is undefined. */
export function idlessBody(method: string, params: unknown): Uint8Array {
  const name = JSON.stringify(method);
  return Buffer.from(
    params === undefined ? `"method":${name}}` : `"method":${name},"params":${JSON.stringify(params)}}`,
  );
}

/** A complete request from a body and a number of ours. */
export function withRequestId(body: Uint8Array, id: number): Uint8Array {
  const start = `${head}${id},`;
  const out = Buffer.allocUnsafe(start.length + body.length);
  out.write(start, 0, "latin1");
  out.set(body, start.length);
  return out;
}

/** A complete message from a body and an id as JSON bytes. */
export function withIdBytes(body: Uint8Array, id: Uint8Array): Uint8Array {
  const bodyStart = headBytes.length + id.length + 1;
  const out = Buffer.allocUnsafe(bodyStart + body.length);
  out.set(headBytes, 0);
  out.set(id, headBytes.length);
  out[bodyStart - 1] = comma;
  out.set(body, bodyStart);
  return out;
}

/** `"result":…}` from the result as JSON. */
export function resultBody(resultJson: string | Uint8Array): Uint8Array {
  if (typeof resultJson === "string") return Buffer.from(`"result":${resultJson}}`);
  const out = Buffer.allocUnsafe(resultKey.length + resultJson.length + 1);
  out.set(resultKey, 0);
  out.set(resultJson, resultKey.length);
  out[out.length - 1] = closeBrace;
  return out;
}

/** `"error":{…}}`. */
export function errorBody(error: JsonRpcErrorObject): Uint8Array {
  return Buffer.from(`"error":${JSON.stringify(error)}}`);
}
