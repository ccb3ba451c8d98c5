/**
 * A client as the scenarios of the matrix see one, whatever it comes in by: written by hand, so that what it gets is
 * exactly what was sent. What the eras do in different ways (cancel, watch, log, answer questions) has one name here.
 */
import type { ClientCell } from "../grid.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Told {
  /** Of a question that came as a request. */
  readonly id?: string | number | undefined;
  readonly method: string;
  readonly params: JsonObject;
  readonly text: string;
}

export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonObject;
}

export interface Outcome {
  /** Of the HTTP answer that carried it; 202 on HTTP+SSE. */
  readonly status: number;
  readonly text: string;
  readonly id: unknown;
  readonly result: JsonObject | undefined;
  readonly error: WireError | undefined;
  /** What came on the request's own stream before the answer; on HTTP+SSE whatever came meanwhile. */
  readonly news: readonly Told[];
}

export interface AskOptions {
  readonly id?: string | number;
  /** Members of `params._meta`. */
  readonly meta?: JsonObject;
  /** Of the HTTP request. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Started {
  readonly id: string | number;
  readonly outcome: Promise<Outcome>;
  /** Tells the gateway that the answer is no longer wanted, in the era's own way. */
  cancel(): Promise<void>;
}

/** What a client answers when it is asked: a result, an error, or nothing at all. */
export type Answer =
  | undefined
  | {
      readonly result: JsonObject;
      /** What is reported before, as params of `notifications/progress`. */
      readonly before?: readonly JsonObject[];
      /** The answer is held back until this resolves. */
      readonly after?: () => Promise<unknown>;
    }
  | { readonly error: WireError };

export interface MatrixClient extends AsyncDisposable {
  readonly cell: ClientCell;
  /** The `initialize` result, or that of `server/discover`. */
  readonly face: JsonObject;
  /** What came outside of any request's own stream. */
  readonly told: readonly Told[];
  /** Every question that was put to this client. */
  readonly asked: readonly Told[];
  answers: (question: Told) => Answer;
  begin(method: string, params?: JsonObject, options?: AskOptions): Started;
  request(method: string, params?: JsonObject, options?: AskOptions): Promise<Outcome>;
  notify(method: string, params?: JsonObject): Promise<void>;
  /** From now on log lines of this level and above are wanted. */
  setLogLevel(level: string): Promise<void>;
  /** From now on changes of lists are heard. */
  hearChanges(): Promise<void>;
  watch(uri: string): Promise<void>;
  unwatch(uri: string): Promise<void>;
}

export const everything: JsonObject = {
  sampling: { tools: {} },
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
};

/** The message of a line, read without judging it. */
export function readWire(text: string): {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: JsonObject;
  readonly result?: JsonObject;
  readonly error?: WireError;
} {
  return JSON.parse(text); // The product's words; what is missing fails the scenario.
}

/** The text of a tool result's first block. */
export function textOf(outcome: Outcome): string {
  const content = outcome.result?.["content"] as { text?: string }[] | undefined; // Read, and compared by the scenario.
  const text = content?.[0]?.text;
  if (text === undefined) throw new Error(`no text in ${outcome.text}`);
  return text;
}
