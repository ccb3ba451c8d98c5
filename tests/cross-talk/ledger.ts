/** What one client asked and got: every message that comes must be its own, once, and in order. */

export interface Counts {
  answers: number;
  progress: number;
  /** What was wrong, the first few in words. */
  readonly faults: string[];
  faultCount: number;
}

export function noCounts(): Counts {
  return { answers: 0, progress: 0, faults: [], faultCount: 0 };
}

interface Open {
  readonly nonce: string;
  readonly settled: () => void;
  progress: number;
}

interface Came {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly result?: { readonly content?: readonly { readonly text?: unknown }[] };
  readonly params?: {
    readonly progressToken?: unknown;
    readonly progress?: unknown;
    readonly message?: unknown;
  };
}

const faultsToldMax = 10;

export class Ledger {
  readonly #owner: string;
  readonly #counts: Counts;
  readonly #open = new Map<unknown, Open>();

  constructor(owner: string, counts: Counts) {
    this.#owner = owner;
    this.#counts = counts;
  }

  /** Resolves with the answer. The id is the progress token too. */
  expect(id: string | number, nonce: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#open.set(id, { nonce, settled: resolve, progress: 0 });
    return promise;
  }

  take(text: string): void {
    const message = JSON.parse(text) as Came; // The product's output; what is wrong with it is what this finds.
    if (message.method === "notifications/progress") this.#takeProgress(message, text);
    else if (message.method === undefined) this.#takeAnswer(message, text);
    else this.#fault("a message nobody asked for", text);
  }

  #takeProgress({ params }: Came, text: string): void {
    const open = this.#open.get(params?.progressToken);
    this.#counts.progress += 1;
    if (open === undefined) return this.#fault("progress of no open call", text);
    if (params?.message !== open.nonce) this.#fault(`progress of another call than ${open.nonce}`, text);
    if (params?.progress !== open.progress + 1) this.#fault(`progress out of order at ${open.nonce}`, text);
    open.progress += 1;
  }

  #takeAnswer({ id, result }: Came, text: string): void {
    const open = this.#open.get(id);
    this.#counts.answers += 1;
    if (open === undefined) return this.#fault("an answer to no open call", text);
    if (result?.content?.[0]?.text !== open.nonce) this.#fault(`not the answer of ${open.nonce}`, text);
    this.#open.delete(id);
    open.settled();
  }

  #fault(what: string, text: string): void {
    this.#counts.faultCount += 1;
    if (this.#counts.faults.length < faultsToldMax)
      this.#counts.faults.push(`${this.#owner}: ${what}: ${text.slice(0, 300)}`);
  }
}
