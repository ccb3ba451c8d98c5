/** Writes server-sent events (WHATWG HTML 9.2.6) as bytes. */
export interface SseEventFields {
  readonly event?: string;
  readonly id?: string;
  readonly retryMs?: number;
  /** Bytes are JSON; a string may be any text. */
  readonly data: Uint8Array | string;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
/** Small arrays live on the heap of the engine, which is cheaper than a piece of anything larger. */
const heapArrayBytesMax = 1_000;
/** What stands before the JSON of nearly every event that is sent here, and behind it. */
export const messageEventStart = Buffer.from("event: message\ndata: ");
export const messageEventEnd = Buffer.from("\n\n");
const lineEnds = /\r\n|\r|\n/;
/** A line end would begin a new field, and an id with NUL is ignored by readers. */
const unsafeInField = /[\r\n\0]/g;

export function encodeSseEvent(event: SseEventFields): Uint8Array {
  let head = "";
  if (event.event !== undefined) head += `event: ${event.event.replace(unsafeInField, "")}\n`;
  if (event.id !== undefined) head += `id: ${event.id.replace(unsafeInField, "")}\n`;
  if (event.retryMs !== undefined) head += `retry: ${Math.max(0, Math.trunc(event.retryMs))}\n`;
  if (typeof event.data === "string") return Buffer.from(`${head}${dataLines(event.data)}\n`);
  return encodeJson(Buffer.from(`${head}data: `), event.data);
}

/** An event `message` without an id. @param json one JSON text */
export function encodeSseMessage(json: Uint8Array): Uint8Array {
  return encodeJson(messageEventStart, json);
}

/** A comment keeps a quiet stream open. */
export function encodeSseComment(text: string): Uint8Array {
  return Buffer.from(`: ${text.replace(unsafeInField, " ")}\n\n`);
}

function dataLines(text: string): string {
  if (!lineEnds.test(text)) return `data: ${text}\n`;
  return text
    .split(lineEnds)
    .map((line) => `data: ${line}\n`)
    .join("");
}

/**
 * Line ends in JSON stand between tokens only (inside strings they are escaped), where a space means the same.
 * So they are overwritten: the data stay one line and are copied once.
 */
function encodeJson(start: Uint8Array, data: Uint8Array): Uint8Array {
  const end = start.length + data.length;
  const out = end < heapArrayBytesMax ? new Uint8Array(end + 2) : Buffer.allocUnsafe(end + 2);
  out.set(start, 0);
  out.set(data, start.length);
  // Before the search, so that the two bytes at the end hold what is known.
  out[end] = lineFeed;
  out[end + 1] = lineFeed;
  for (let at = out.indexOf(lineFeed, start.length); at < end; at = out.indexOf(lineFeed, at + 1))
    out[at] = space;
  for (let at = out.indexOf(carriageReturn, start.length); at >= 0; at = out.indexOf(carriageReturn, at + 1))
    out[at] = space;
  return out;
}
