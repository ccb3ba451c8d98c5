/** What one client asked and got: every message that comes must be its own, once, and in order. */

export interface Counts {
  answers: number;
  progress: number;
  /** Questions of servers to the client. */
  questions: number;
  /** What was wrong, the first few in words. */
  readonly faults: string[];
  faultCount: number;
}

export function noCounts(): Counts {
  return { answers: 0, progress: 0, questions: 0, faults: [], faultCount: 0 };
}

interface Open {
  readonly nonce: string;
  /** What the answer must say. */
  readonly expected: string;
  readonly settled: (question?: Question) => void;
  progress: number;
}

/** A question of a server, as a stateless client gets it: in place of the answer. */
export interface Question {
  readonly key: string;
  readonly state: string;
}

interface Came {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly result?: {
    readonly content?: readonly { readonly text?: unknown }[];
    readonly inputRequests?: Readonly<Record<string, { readonly params?: { readonly message?: unknown } }>>;
    readonly requestState?: unknown;
  };
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
  /** Answers a question of a server with the nonce that it asks about. */
  answer: (id: unknown, nonce: string) => void = () => undefined;

  constructor(owner: string, counts: Counts) {
    this.#owner = owner;
    this.#counts = counts;
  }

  /** Resolves with the answer, or with the question that came in its place. The id is the progress token too. */
  expect(id: string | number, nonce: string, expected = nonce): Promise<Question | undefined> {
    const { promise, resolve } = Promise.withResolvers<Question | undefined>();
    this.#open.set(id, { nonce, expected, settled: resolve, progress: 0 });
    return promise;
  }

  take(text: string): void {
    const message = JSON.parse(text) as Came; // The product's output; what is wrong with it is what this finds.
    if (message.method === "notifications/progress") this.#takeProgress(message, text);
    else if (message.method === "elicitation/create") this.#takeQuestion(message, text);
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

  #takeQuestion({ id, params }: Came, text: string): void {
    const asked = params?.message;
    this.#counts.questions += 1;
    const isOwn = [...this.#open.values()].some(({ nonce }) => nonce === asked);
    if (!isOwn || typeof asked !== "string") return this.#fault("a question about no open call", text);
    this.answer(id, asked);
  }

  #takeAnswer({ id, result }: Came, text: string): void {
    const open = this.#open.get(id);
    if (open === undefined) {
      this.#counts.answers += 1;
      return this.#fault("an answer to no open call", text);
    }
    this.#open.delete(id);
    if (result?.inputRequests !== undefined) return this.#takeInput(open, result, text);
    this.#counts.answers += 1;
    const said = result?.content?.[0]?.text;
    if (typeof said !== "string" || !said.includes(open.expected) || said.length > open.expected.length + 100)
      this.#fault(`not the answer of ${open.nonce}`, text);
    open.settled();
  }

  #takeInput(open: Open, { inputRequests = {}, requestState }: Came["result"] & object, text: string): void {
    const [[key, request] = ["", undefined]] = Object.entries(inputRequests);
    this.#counts.questions += 1;
    if (request?.params?.message !== open.nonce || typeof requestState !== "string")
      this.#fault(`not the question of ${open.nonce}`, text);
    open.settled({ key, state: String(requestState) });
  }

  #fault(what: string, text: string): void {
    this.#counts.faultCount += 1;
    if (this.#counts.faults.length < faultsToldMax)
      this.#counts.faults.push(`${this.#owner}: ${what}: ${text.slice(0, 300)}`);
  }
}
