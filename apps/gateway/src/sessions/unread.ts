/**
 * Answers that clients asked for and do not read. They are held until they are read or the connection was quiet for
 * too long, and a client may ask again and again meanwhile: so how much that is, of each session and in all, has its
 * bound, and beyond it an error goes out in place of the answer.
 */
import { GatewayError, limits, toJsonRpcError } from "@mcp-gateway/kit";
import { errorBody, type JsonRpcId, withIdBytes } from "@mcp-gateway/mcp";
import { idBytesOf } from "../dispatch/bytes.ts";

/** Whose it is: a session, or one request of a client that has none. */
export interface Reader {
  /** Counted here alone, by `addUnread`. */
  unreadBytes: number;
}

let bytesAll = 0;
let refusedAll = 0;

/** @param bytes below zero: they were read, or will not be any more */
export function addUnread(reader: Reader, bytes: number): void {
  reader.unreadBytes += bytes;
  bytesAll += bytes;
}

export function hasRoomFor(reader: Reader, bytes: number): boolean {
  return (
    fits(reader.unreadBytes, bytes, limits.unreadBytesPerSessionMax) &&
    fits(bytesAll, bytes, limits.unreadBytesMax)
  );
}

/** However large it is, one answer is sent to a client that has read all others. */
function fits(heldBytes: number, bytes: number, maxBytes: number): boolean {
  return heldBytes === 0 || heldBytes + bytes <= maxBytes;
}

/** @returns the answer, or the error that its client gets instead */
export function answerOrRefusal(reader: Reader, answer: Uint8Array, id: JsonRpcId): Uint8Array {
  // Small ones always go out: the socket takes them, or the stream's own bound holds.
  if (answer.length <= limits.unreadSmallBytes || hasRoomFor(reader, answer.length)) return answer;
  refusedAll += 1;
  const isOwn = !fits(reader.unreadBytes, answer.length, limits.unreadBytesPerSessionMax);
  return withIdBytes(errorBody(toJsonRpcError(refusal(isOwn, answer.length, reader))), idBytesOf(id));
}

function refusal(isOwn: boolean, bytes: number, reader: Reader): GatewayError {
  const whose = isOwn
    ? `this session has ${reader.unreadBytes} bytes of earlier answers unread`
    : `clients have ${bytesAll} bytes of earlier answers unread`;
  const text = `The request was carried out, but its answer of ${bytes} bytes is left out: ${whose}.`;
  return new GatewayError("answers-unread", text, { facts: { bytes } });
}

/** For the metrics: bytes that wait for clients now, and answers that were left out so far. */
export function unreadNumbers(): { readonly bytes: number; readonly refused: number } {
  return { bytes: bytesAll, refused: refusedAll };
}
