/** A stream of output with marks in it: a token between NUL bytes, and fields that a NUL byte ends each. */

interface Mark {
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

  /** From now on the token is no output, whenever it comes; all tokens have the same length. */
  expect(token: string, fields: number, onFound: Mark["onFound"]): void {
    this.#marks.set(token, { fields, onFound });
  }

  push(chunk: Uint8Array): void {
    let rest: Buffer = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    for (let from = 0; ; ) {
      const at = rest.indexOf(nul, from);
      if (at === -1 || this.#marks.size === 0) return this.#emit(rest);
      const found = this.#markAt(rest, at);
      if (found === "none") from = at + 1;
      else if (found === "incomplete") {
        this.#emit(rest.subarray(0, at));
        this.#held = Buffer.from(rest.subarray(at));
        return;
      } else {
        this.#emit(rest.subarray(0, at));
        this.#marks.delete(found.token);
        rest = rest.subarray(found.end);
        from = 0;
        found.mark.onFound(found.fields);
      }
    }
  }

  /** Gives out what was held back: nothing will complete it any more. */
  finish(): void {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    this.#emit(held);
  }

  #markAt(
    bytes: Buffer,
    at: number,
  ):
    | "none"
    | "incomplete"
    | {
        readonly token: string;
        readonly mark: Mark;
        readonly fields: readonly string[];
        readonly end: number;
      } {
    for (const [token, mark] of this.#marks) {
      const expected = Buffer.from(`\0${token}\0`);
      const there = bytes.subarray(at, at + expected.length);
      if (!expected.subarray(0, there.length).equals(there)) continue;
      if (there.length < expected.length) return "incomplete";
      const fields: string[] = [];
      let end = at + expected.length;
      while (fields.length < mark.fields) {
        const stop = bytes.indexOf(nul, end);
        if (stop === -1) return "incomplete";
        fields.push(bytes.toString("utf8", end, stop));
        end = stop + 1;
      }
      return { token, mark, fields, end };
    }
    return "none";
  }

  #emit(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#onOutput(bytes);
  }
}
