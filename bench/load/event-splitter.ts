/** Takes the events out of an event stream whose bytes come in pieces. A large event is joined once, when it is whole. */

export interface StreamEvent {
  readonly name: string;
  readonly data: Buffer;
}

const lf = 10;
const cr = 13;

export class EventSplitter {
  readonly #take: (event: StreamEvent) => void;
  #parts: Buffer[] = [];
  /** The last bytes of what came before, in case an event's end lies across two pieces. */
  #tail = "";

  constructor(take: (event: StreamEvent) => void) {
    this.#take = take;
  }

  push(piece: Buffer): void {
    let rest = piece;
    while (rest.length > 0) {
      const end = this.#endOfEvent(rest);
      if (end === -1) {
        this.#parts.push(rest);
        this.#tail = (this.#tail + rest.toString("latin1", Math.max(0, rest.length - 3))).slice(-3);
        return;
      }
      this.#parts.push(rest.subarray(0, end));
      const [only] = this.#parts;
      const whole = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
      this.#parts = [];
      this.#tail = "";
      rest = rest.subarray(end);
      const event = readEvent(whole);
      if (event !== undefined) this.#take(event);
    }
  }

  /** @returns the place behind the empty line that ends an event, or -1 */
  #endOfEvent(piece: Buffer): number {
    // Across the border first: at most three bytes of the line end can be in the tail.
    if (this.#tail !== "") {
      const border = this.#tail + piece.toString("latin1", 0, 3);
      const at = /\n\r?\n/.exec(border);
      if (at !== null) {
        const end = at.index + at[0].length - this.#tail.length;
        if (end > 0) return end;
      }
    }
    // Line by line: most of a large event is one line, and two searches for two kinds of end would cost twice as much.
    for (let at = piece.indexOf(lf); at !== -1; at = piece.indexOf(lf, at + 1)) {
      if (piece[at + 1] === lf) return at + 2;
      if (piece[at + 1] === cr && piece[at + 2] === lf) return at + 3;
    }
    return -1;
  }
}

/** An event with one data line, or several joined; comments and events without data are nothing. */
function readEvent(bytes: Buffer): StreamEvent | undefined {
  let name = "message";
  const data: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    let lineEnd = bytes.indexOf(lf, at);
    if (lineEnd === -1) lineEnd = bytes.length;
    const end = lineEnd > at && bytes[lineEnd - 1] === cr ? lineEnd - 1 : lineEnd;
    const field = bytes.toString("latin1", at, Math.min(end, at + 7));
    if (field.startsWith("data:")) data.push(fieldValue(bytes, at + 5, end));
    else if (field.startsWith("event:")) name = fieldValue(bytes, at + 6, end).toString();
    at = lineEnd + 1;
  }
  const [first] = data;
  if (first === undefined) return undefined;
  return { name, data: data.length === 1 ? first : Buffer.from(data.map(String).join("\n")) };
}

function fieldValue(bytes: Buffer, from: number, end: number): Buffer {
  return bytes.subarray(bytes[from] === 32 ? from + 1 : from, end);
}
