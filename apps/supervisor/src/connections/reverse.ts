/**
 * Requests of a backend to a client that wait for an answer: each gets a number (its reference), under
 * which the answer comes back. The backend's own id is kept as the bytes it used.
 */

/** What must be known of a backend's request to answer it. */
export interface ReverseRequest {
  /** The raw JSON of its id. */
  readonly id: Uint8Array;
  /** The id as a value, as JSON text; equal ids have equal keys. */
  readonly key: string;
}

export class ReverseRequests {
  readonly #byReference = new Map<number, ReverseRequest>();
  readonly #referenceByKey = new Map<string, number>();
  #lastReference = 0;

  get size(): number {
    return this.#byReference.size;
  }

  /** `undefined`: a request with this id is waiting already. */
  add(id: Uint8Array): number | undefined {
    const key = idKey(id);
    if (this.#referenceByKey.has(key)) return undefined;
    do this.#lastReference = this.#lastReference >= referenceMax ? 1 : this.#lastReference + 1;
    while (this.#byReference.has(this.#lastReference));
    // A copy: the id is a small part of a message that must not be kept alive for it.
    this.#byReference.set(this.#lastReference, { id: id.slice(), key });
    this.#referenceByKey.set(key, this.#lastReference);
    return this.#lastReference;
  }

  take(reference: number): ReverseRequest | undefined {
    const request = this.#byReference.get(reference);
    if (request === undefined) return undefined;
    this.#byReference.delete(reference);
    this.#referenceByKey.delete(request.key);
    return request;
  }

  /** The backend no longer waits for the answer to its request `id` (a JSON value). */
  cancel(id: unknown): number | undefined {
    const reference = this.#referenceByKey.get(JSON.stringify(id) ?? "");
    if (reference !== undefined) this.take(reference);
    return reference;
  }

  clear(): void {
    this.#byReference.clear();
    this.#referenceByKey.clear();
  }
}

const referenceMax = 2 ** 31 - 1;

/** `"a"` and `"\u0061"` are one id. */
function idKey(id: Uint8Array): string {
  const text = new TextDecoder().decode(id);
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text; // The envelope was read, so this does not happen; the raw text still tells ids apart.
  }
}
