/**
 * One request of a client, from its first POST to its result, through as many rounds as its backend has
 * questions. A question parks the call: the POST is answered with `input_required`, the backend goes on
 * waiting, and the client's next POST brings the answers (2026-07-28, Multi Round-Trip Requests).
 */
import { GatewayError, limits, toJsonRpcError } from "@mcp-gateway/kit";
import { errorBody, MessageView, Method, readEnvelope, readIntegerId, withIdBytes } from "@mcp-gateway/mcp";
import { idBytesOf } from "../dispatch/bytes.ts";
import type { BackendResponse, ClientRequest, DispatchContext, Exchange } from "../dispatch/context.ts";
import { progressUnder } from "../dispatch/notifications.ts";
import type { Session } from "../sessions/session.ts";
import type { Answer } from "./answer.ts";
import {
  backendAnswer,
  freeKey,
  type InputRequest,
  inputRequestOf,
  inputRequiredBody,
  isAnswerTo,
  openRequests,
  ownKeyOf,
} from "./input-requests.ts";
import type { JsonObject } from "./meta-keys.ts";
import { outcomeOf, responseIn } from "./outcome.ts";
import type { ParkedCalls } from "./parked.ts";
import { describeClient, type RequestHead } from "./request-head.ts";
import type { RequestStateCodec } from "./request-state.ts";

/** The id under which every call is dispatched; clients' own ids come with each round. */
export const internalId = 1;

export interface CallParts {
  readonly context: DispatchContext;
  readonly parked: ParkedCalls<StatelessCall>;
  readonly states: RequestStateCodec;
  /** The upstream half is over: the session made for it can go. */
  readonly release: (session: Session) => void;
}

export interface Round {
  readonly answer: Answer;
  readonly id: ClientRequest["id"];
  readonly progressToken: string | number | undefined;
}

interface Question extends InputRequest {
  /** Under which the backend's question is known here. */
  readonly number: number;
}

export class StatelessCall implements Exchange {
  readonly #parts: CallParts;
  readonly #bindingOf: () => string;
  #binding: string | undefined;
  readonly #session: Session;
  readonly #request: ClientRequest;
  readonly #serverInfo: string;
  /** Answers the client sent without having been asked, by the names that backends give their questions. */
  readonly #offered: JsonObject;
  readonly #questions = new Map<string, Question>();
  #round: Round | undefined;
  #roundNumber = 0;
  #name: string | undefined;
  #cancelSettling: (() => void) | undefined;
  /** The response of a call that ended while its client was away. */
  #kept: BackendResponse | undefined;

  constructor(options: {
    parts: CallParts;
    session: Session;
    request: ClientRequest;
    /** Whose the call is; asked for only when something is kept for its client. */
    bindingOf: () => string;
    serverInfo: string;
    offered: JsonObject;
  }) {
    this.#bindingOf = options.bindingOf;
    this.#parts = options.parts;
    this.#session = options.session;
    this.#request = options.request;
    this.#serverInfo = options.serverInfo;
    this.#offered = options.offered;
  }

  get binding(): string {
    this.#binding ??= this.#bindingOf();
    return this.#binding;
  }

  get sessionId(): string {
    return this.#session.id;
  }

  get roundNumber(): number {
    return this.#roundNumber;
  }

  /** The client is here, with its first try or a later one. */
  attach(round: Round): void {
    this.#round = round;
    round.answer.onGone = () => this.#cancel("the client closed the connection");
  }

  /** @throws GatewayError `invalid-params` when an answer does not fit its question; the call stays parked */
  check(answers: JsonObject): void {
    for (const [key, answer] of Object.entries(answers)) {
      const question = this.#questions.get(key);
      if (question !== undefined && !isAnswerTo(question.method, answer))
        throw new GatewayError(
          "invalid-params",
          `inputResponses["${key}"] is no answer to ${question.method}.`,
        );
    }
  }

  /** The client is back. `answers` were checked. */
  resume(round: Round, answers: JsonObject, head: RequestHead): void {
    describeClient(this.#session, head);
    if (this.#name !== undefined) this.#parts.parked.remove(this.#name);
    this.attach(round);
    this.#inFlight()?.allow?.(0);
    const kept = this.#kept;
    if (kept !== undefined) return this.#finish(round, kept);
    for (const [key, answer] of Object.entries(answers)) this.#deliver(key, answer);
    this.#settleSoon(); // What was not answered is asked again.
  }

  reply(message: Uint8Array): void {
    this.relay(responseIn(message));
  }

  relay(response: BackendResponse): void {
    const round = this.#round;
    this.#parts.release(this.#session);
    this.#cancelSettling?.();
    if (round !== undefined) this.#finish(round, response);
    else if (this.#name !== undefined)
      this.#kept = { ...response, payload: new Uint8Array(response.payload), roomBytes: 0 };
  }

  notify(message: Uint8Array): void {
    const view = MessageView.read(message);
    const round = this.#round;
    if (round === undefined || view === undefined) return;
    const { progressToken } = round;
    // Each round has its own token; a round without one wants no progress.
    const report =
      view.method === "notifications/progress" && progressToken !== undefined
        ? progressUnder(view, progressToken)
        : undefined;
    if (report !== undefined) round.answer.notify(report);
    // Whatever else a backend says meanwhile is not this request's (Streamable HTTP, "Receiving Messages").
    if (view.method === "notifications/message") round.answer.notify(message);
  }

  ask(message: Uint8Array): boolean {
    const asked = MessageView.read(message);
    if (asked === undefined) return false;
    if (asked.method === "notifications/cancelled") return this.#withdraw(asked.param("requestId"));
    if (!askingMethods.includes(this.#request.method) || this.#questions.size >= limits.inputRequestsMax)
      return false;
    const own = ownKeyOf(asked);
    const isTaken = (key: string): boolean => this.#questions.has(key);
    const key = own === undefined || isTaken(own) ? freeKey(asked.method, isTaken) : own;
    this.#questions.set(key, { ...inputRequestOf(asked), number: numberOf(message) });
    const offered = own === key && Object.hasOwn(this.#offered, key) ? this.#offered[key] : undefined;
    if (isAnswerTo(asked.method, offered)) queueMicrotask(() => this.#deliver(key, offered));
    else this.#settleSoon();
    return true;
  }

  /** The upstream half was ended from outside: the session is over. */
  cancelled(): void {
    this.reply(
      withIdBytes(errorBody(toJsonRpcError(new GatewayError("call-cancelled"))), idBytesOf(internalId)),
    );
  }

  expire(reason: string): void {
    this.#name = undefined;
    this.#kept = undefined;
    this.#cancel(reason);
  }

  #cancel(reason: string): void {
    this.#round = undefined;
    this.#cancelSettling?.();
    this.#inFlight()?.cancel(reason);
  }

  #inFlight() {
    return this.#session.inFlight.get(internalId);
  }

  /** Answers that belong to no open question are ignored, as the specification has it. */
  #deliver(key: string, answer: unknown): void {
    const question = this.#questions.get(key);
    if (question === undefined || !isAnswerTo(question.method, answer)) return;
    this.#questions.delete(key);
    const response = { kind: "response", id: question.number, isError: false } as const;
    this.#parts.context.reverse.onResponse(this.#session, { ...response, result: backendAnswer(answer) });
  }

  #withdraw(number: unknown): boolean {
    for (const [key, question] of this.#questions)
      if (question.number === number) this.#questions.delete(key);
    return true;
  }

  /** Questions come in bunches; those that come together are asked together. */
  #settleSoon(): void {
    if (this.#questions.size === 0 || this.#round === undefined) return;
    this.#cancelSettling ??= this.#parts.context.clock.after(limits.inputGatherMs, () => this.#park());
  }

  #park(): void {
    this.#cancelSettling = undefined;
    const round = this.#round;
    if (round === undefined || this.#questions.size === 0) return;
    const { parked, states, context } = this.#parts;
    const nowMs = context.clock.nowMs();
    this.#round = undefined;
    this.#roundNumber += 1;
    const isInTheWay = context.calls.isInTheWay(this.#session.id);
    const waitMs = isInTheWay ? limits.parkedPipeMsMax : limits.parkedCallMsMax;
    this.#name = parked.park(this, this.#name, nowMs, waitMs);
    this.#inFlight()?.allow?.(waitMs);
    const requestState = states.seal({
      call: this.#name,
      round: this.#roundNumber,
      expiresMs: nowMs + waitMs,
      binding: this.binding,
    });
    const requests = [...this.#questions].map(
      ([key, { method, params }]) => [key, { method, params }] as const,
    );
    const body = inputRequiredBody(Object.fromEntries(requests), requestState, this.#serverInfo);
    round.answer.send(withIdBytes(body, idBytesOf(round.id)), 200);
  }

  /** The last word of this call, under the id of the round that hears it. */
  #finish({ answer, id }: Round, response: BackendResponse): void {
    this.#round = undefined;
    this.#name = undefined;
    const { method, params } = this.#request;
    const { capabilities, missingCapabilities: missing, hasTask } = this.#session;
    const idBytes = idBytesOf(id);
    const resultType = hasTask ? ("task" as const) : ("complete" as const);
    const serverInfo = this.#serverInfo;
    const context = { id: idBytes, method, params, serverInfo, capabilities, missing, resultType };
    const outcome = outcomeOf(response, context);
    if (outcome.kind === "response") return answer.send(outcome.message, outcome.status);
    const state = this.#parts.states.seal({
      call: "",
      round: 0,
      expiresMs: this.#parts.context.clock.nowMs() + limits.parkedCallMsMax,
      binding: this.binding,
    });
    const requests = openRequests(outcome.urls);
    answer.send(withIdBytes(inputRequiredBody(requests, state, this.#serverInfo), idBytes), 200);
  }
}

const askingMethods: readonly string[] = [Method.toolsCall, Method.promptsGet, Method.resourcesRead];

/** The number under which the gateway asks; it made the message and put it there. */
function numberOf(message: Uint8Array): number {
  const envelope = readEnvelope(message);
  return envelope?.kind === "request" ? (readIntegerId(message, envelope.idStart, envelope.idEnd) ?? 0) : 0;
}
