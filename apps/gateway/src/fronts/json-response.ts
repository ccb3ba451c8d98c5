/** A complete JSON message as the answer to one HTTP request. */
import { changingBytesMax } from "@mcp-gateway/mcp";
import { directStream } from "../sessions/direct-stream.ts";
import { addUnread, type Reader } from "../sessions/unread.ts";

/**
 * Up to this size Bun 1.4.5 gathers head and body of an answer that was waited for in one write; of a larger one it
 * writes every word of the head by itself, fourteen system calls and as many packets before the first byte of the body.
 */
const gatheredBytesMax = 15 * 1024;

/** @param reader who has it unread until it was taken */
export function jsonResponse(
  message: Uint8Array,
  reader: Reader,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Response {
  const init = { status, headers: { "content-type": "application/json", ...headers } };
  return new Response(
    message.length > gatheredBytesMax ? inOneWrite(message, reader) : asBody(message),
    init,
  );
}

/**
 * What a direct stream has been given before its end goes out with the head, in one write and with its length. It is
 * asked for after this turn's other answers were made, whose ids may then stand where this one's did (SharedBody).
 */
function inOneWrite(message: Uint8Array, reader: Reader): ReadableStream {
  const beginning = new Uint8Array(message.subarray(0, changingBytesMax));
  const rest = message.subarray(changingBytesMax);
  return directStream(
    {
      pull(controller) {
        controller.write(beginning);
        controller.write(rest);
        const taken = controller.end();
        if (!(taken instanceof Promise)) return;
        addUnread(reader, message.length);
        const isOver = (): void => addUnread(reader, -message.length);
        taken.then(isOver, isOver);
      },
    },
    { highWaterMark: message.length + 1 },
  );
}

/** The DOM's types want an ArrayBuffer behind the view; nothing here is ever shared memory. */
function asBody(message: Uint8Array): Uint8Array<ArrayBuffer> {
  return message as Uint8Array<ArrayBuffer>;
}
