/** A stream of output with marks in it: a token between NUL bytes, and fields that a NUL byte ends each. */

interface Mark {
  /** The token with its NUL bytes. */
  readonly bytes: Buffer;
  readonly fields: number;
  readonly onFound: (fields: readonly string[]) => void;
}

const nul = 0;

export class MarkedStream {
  readonly #onOutput: (chunk: Uint8Array) => void;
  readonly #marks = new Map<string, Mark>();
  /** What may be the beginning of a mark. */
  #held: Buffer = Buffer.alloc(0);

  constructor(onOutput: (chunk: Uint8Array) => void) {
    this.#onOutput = onOutput;
  }

  /** From now on the token is no output, whenever it comes. */
  expect(token: string, fields: number, onFound: Mark["onFound"]): void {
    this.#marks.set(token, { bytes: Buffer.from(`\0${token}\0`), fields, onFound });
  }

  push(chunk: Uint8Array): void {
    let rest: Buffer = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    for (;;) {
      const next = this.#firstMark(rest);
      if (next === undefined) {
        this.#hold(rest, this.#beginningAt(rest));
        return;
      }
      const read = fieldsBehind(rest, next.at + next.mark.bytes.length, next.mark.fields);
      if (read === undefined) {
        this.#hold(rest, next.at);
        return;
      }
      this.#emit(rest.subarray(0, next.at));
      this.#marks.delete(next.token);
      rest = rest.subarray(read.end);
      next.mark.onFound(read.fields);
    }
  }

  /** Gives out what was held back: nothing will complete it any more. */
  finish(): void {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    this.#emit(held);
  }

  #firstMark(
    bytes: Buffer,
  ): { readonly token: string; readonly mark: Mark; readonly at: number } | undefined {
    let first: { token: string; mark: Mark; at: number } | undefined;
    for (const [token, mark] of this.#marks) {
      const at = bytes.indexOf(mark.bytes);
      if (at !== -1 && (first === undefined || at < first.at)) first = { token, mark, at };
    }
    return first;
  }

  /** Only the end can be the beginning of a mark whose rest is still to come. @returns the length when it is none */
  #beginningAt(bytes: Buffer): number {
    const longest = Math.max(0, ...[...this.#marks.values()].map((mark) => mark.bytes.length - 1));
    const from = Math.max(0, bytes.length - longest);
    for (let at = bytes.indexOf(nul, from); at !== -1; at = bytes.indexOf(nul, at + 1)) {
      const end = bytes.subarray(at);
      for (const mark of this.#marks.values())
        if (end.length < mark.bytes.length && mark.bytes.subarray(0, end.length).equals(end)) return at;
    }
    return bytes.length;
  }

  #hold(bytes: Buffer, from: number): void {
    this.#emit(bytes.subarray(0, from));
    // A copy: what is held is small, and what it would keep alive may not be.
    this.#held = Buffer.from(bytes.subarray(from));
  }

  #emit(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#onOutput(bytes);
  }
}

/** @returns undefined while some of them are still to come */
function fieldsBehind(
  bytes: Buffer,
  from: number,
  count: number,
): { readonly fields: readonly string[]; readonly end: number } | undefined {
  const fields: string[] = [];
  let end = from;
  while (fields.length < count) {
    const stop = bytes.indexOf(nul, end);
    if (stop === -1) return undefined;
    fields.push(bytes.toString("utf8", end, stop));
    end = stop + 1;
  }
  return { fields, end };
}
