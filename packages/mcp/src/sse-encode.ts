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
const lineEnds = /\r\n|\r|\n/;
/** A line end would begin a new field, and an id with NUL is ignored by readers. */
const unsafeInField = /[\r\n\0]/g;

export function encodeSseEvent(event: SseEventFields): Uint8Array {
  let head = "";
  if (event.event !== undefined) head += `event: ${event.event.replace(unsafeInField, "")}\n`;
  if (event.id !== undefined) head += `id: ${event.id.replace(unsafeInField, "")}\n`;
  if (event.retryMs !== undefined) head += `retry: ${Math.max(0, Math.trunc(event.retryMs))}\n`;
  if (typeof event.data === "string") return Buffer.from(`${head}${dataLines(event.data)}\n`);
  return encodeJson(head, event.data);
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
function encodeJson(head: string, data: Uint8Array): Uint8Array {
  const start = Buffer.from(`${head}data: `);
  const out = Buffer.allocUnsafe(start.length + data.length + 2);
  out.set(start, 0);
  out.set(data, start.length);
  for (const lineEnd of [lineFeed, carriageReturn]) {
    const end = start.length + data.length;
    // The two bytes at the end are not written yet and may hold anything, so the search is bounded.
    for (
      let at = out.indexOf(lineEnd, start.length);
      at >= 0 && at < end;
      at = out.indexOf(lineEnd, at + 1)
    ) {
      out[at] = space;
    }
  }
  out[out.length - 2] = lineFeed;
  out[out.length - 1] = lineFeed;
  return out;
}
