/** The fields of a `call` frame that carries headers, as a gateway writes them. */
import type { CallHeaders, Frame } from "@mcp-gateway/contract";

export function callWithHeaders(
  body: Uint8Array,
  headers: CallHeaders,
): Pick<Frame, "payload" | "idStart" | "idLength"> {
  const json = Buffer.from(JSON.stringify(headers));
  return { payload: Buffer.concat([body, json]), idStart: body.length, idLength: json.length };
}
