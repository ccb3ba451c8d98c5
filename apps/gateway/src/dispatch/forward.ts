/** Sends one client request on to a backend, and everything that comes of it back to that client. */
import { type BackendState, type Frame, FrameFlag } from "@mcp-gateway/contract";
import {
  formatFields,
  GatewayError,
  type JsonRpcErrorObject,
  limits,
  toJsonRpcError,
} from "@mcp-gateway/kit";
import { errorBody, MessageView, spliceId, spliceOwnId, withIdBytes } from "@mcp-gateway/mcp";
import type { CallOwner } from "../link/calls.ts";
import { InstanceError } from "../link/instances.ts";
import type { Session } from "../sessions/session.ts";
import { idBytesOf } from "./bytes.ts";
import type { ClientRequest, DispatchContext, Exchange } from "./context.ts";
import { isNotMine } from "./error-reply.ts";
import { answerInputs, inputRequiredIn } from "./input-rounds.ts";
import { progressTokenOf, relayLog } from "./notifications.ts";
import { CallProgress } from "./progress.ts";
import { renewed, surelyNotRun } from "./renewed.ts";
import { statelessFacts, withProgressToken } from "./upstream-facts.ts";

export interface Forwarding {
  readonly backend: BackendState;
  /** Params as the backend shall see them; undefined for none. */
  readonly params: Readonly<Record<string, unknown>> | undefined;
  /** What the log calls the target: `server/tool`. */
  readonly target: string;
  /** Changes the reply before it goes to the client; only where the gateway itself rewrote something. */
  readonly rewrite?: (reply: Uint8Array) => Uint8Array;
  /** Told how it ended, where the gateway keeps something that depends on it. */
  readonly onEnded?: (isError: boolean) => void;
  /** Sees the backend's response before it goes on. @returns the error that the client gets instead */
  readonly refuses?: (reply: Uint8Array, call: AnsweredCall) => JsonRpcErrorObject | undefined;
  /** The server's own time for a call where this is left out. */
  readonly timeoutMs?: number;
  /** It means something only at the connection it is sent on first. */
  readonly isBound?: true;
  /** Called instead of the answer when the backend's is an error that means "not mine"; that is given, ready to send. */
  readonly otherwise?: (refusal: Uint8Array) => void;
}

/** The call whose answer it is. */
export interface AnsweredCall {
  readonly number: number;
  readonly instance: number;
  /** The client's own. */
  readonly progressToken: string | number | undefined;
}

export function replyError(request: ClientRequest, exchange: Exchange, error: JsonRpcErrorObject): void {
  exchange.reply(withIdBytes(errorBody(error), idBytesOf(request.id)));
}

export function forward(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  exchange: Exchange,
  forwarding: Forwarding,
): CallOwner {
  const { backend } = forwarding;
  const owner = new ForwardedCall(context, session, request, exchange, forwarding);
  session.inFlight.set(request.id, owner);
  const isShared = backend.isolation === "shared" || backend.phase !== "ready";
  const open = isShared ? 0 : context.instances.openOf(session, backend);
  if (open === undefined) openAndSend(context, session, request, owner, backend);
  else owner.send(open);
  return owner;
}

function openAndSend(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  owner: ForwardedCall,
  backend: BackendState,
): void {
  context.instances.open(session, backend).then(
    (instance) => {
      // Cancelled while its connection came up: it never ran.
      if (session.inFlight.get(request.id) === owner) owner.send(instance);
    },
    (error: unknown) => {
      if (session.inFlight.get(request.id) !== owner) return;
      owner.onFailure(error instanceof InstanceError ? error.error : toJsonRpcError(error));
    },
  );
}

class ForwardedCall implements CallOwner {
  readonly #context: DispatchContext;
  readonly #session: Session;
  readonly #request: ClientRequest;
  readonly #exchange: Exchange;
  #forwarding: Forwarding;
  readonly #progressToken: string | number | undefined;
  readonly #progress: CallProgress | undefined;
  #instance = 0;
  #rounds = 0;
  #isRetry = false;
  readonly #startedMs: number;
  number = 0;

  constructor(
    context: DispatchContext,
    session: Session,
    request: ClientRequest,
    exchange: Exchange,
    forwarding: Forwarding,
  ) {
    this.#context = context;
    this.#session = session;
    this.#request = request;
    this.#exchange = exchange;
    this.#forwarding = forwarding;
    this.#startedMs = context.clock.nowMs();
    this.#progressToken = progressTokenOf(forwarding.params);
    if (this.#progressToken === undefined) return;
    const token = this.#progressToken;
    this.#progress = new CallProgress({
      token,
      server: forwarding.backend.name,
      nowMs: this.#startedMs,
      send: (message) => exchange.notify(message, true),
    });
  }

  /** @param answers what the backend asked for in the round before, as members of its params */
  send(instance: number, answers: Readonly<Record<string, unknown>> = {}): void {
    const { backend, params } = this.#forwarding;
    this.#instance = instance;
    const asked = this.#rounds === 0 ? params : { ...params, ...answers };
    try {
      this.number = this.#context.calls.start(
        {
          backend,
          method: this.#request.method,
          params: (token) => (this.#progressToken === undefined ? asked : withProgressToken(asked, token)),
          timeoutMs: this.#forwarding.timeoutMs ?? backend.callTimeoutMs,
          instance,
          ...(backend.era === "stateless"
            ? {
                stateless: statelessFacts(
                  this.#context,
                  this.#session,
                  this.#request.method,
                  this.#forwarding,
                ),
              }
            : {}),
        },
        this,
      );
    } catch (error) {
      this.onFailure(toJsonRpcError(error));
    }
  }

  /** @returns false when the message is the final answer */
  #takesInput(message: Uint8Array, flags: number): boolean {
    if (this.#forwarding.backend.era !== "stateless" || flags !== 0) return false;
    const asked = inputRequiredIn(message);
    if (asked === undefined) return false;
    this.#rounds += 1;
    const isMine = (): boolean => this.#session.inFlight.get(this.#request.id) === this;
    const fail = (error: unknown): void => {
      if (isMine()) this.onFailure(toJsonRpcError(error));
    };
    if (this.#rounds > limits.inputRoundsMax) {
      fail(
        new GatewayError("backend-malformed", `The server asked more than ${limits.inputRoundsMax} times.`),
      );
      return true;
    }
    answerInputs(this.#context.reverse, this.#session, this, asked).then((answers) => {
      if (isMine()) this.send(this.#instance, answers);
    }, fail);
    return true;
  }

  get sessionId(): string {
    return this.#session.id;
  }

  onReply(message: Uint8Array, frame: Frame): void {
    const { flags, idStart, idLength } = frame;
    if (this.#takesInput(message, flags)) return;
    this.#end();
    const { rewrite, otherwise, onEnded } = this.#forwarding;
    const isError = (flags & FrameFlag.error) !== 0;
    if (otherwise !== undefined && isError && isNotMine(message))
      return otherwise(spliceId(message, idStart, idLength, idBytesOf(this.#request.id)));
    this.#logEnd("ok", message.byteLength);
    onEnded?.(isError);
    const call = { number: this.number, instance: this.#instance, progressToken: this.#progressToken };
    const refusal = this.#forwarding.refuses?.(message, call);
    if (refusal !== undefined) return replyError(this.#request, this.#exchange, refusal);
    if (this.#exchange.relay !== undefined) {
      const changed = rewrite === undefined ? message : rewrite(message);
      return changed === message ? this.#exchange.relay(frame) : this.#exchange.reply(changed);
    }
    // Nobody else has the reply's bytes, and nobody needs them as they were.
    const own = spliceOwnId(message, idStart, idLength, idBytesOf(this.#request.id), frame.roomBytes);
    this.#exchange.reply(rewrite === undefined ? own : rewrite(own));
  }

  onFailure(error: JsonRpcErrorObject): void {
    if (this.#retries(error)) return;
    this.#end();
    this.#logEnd(error.message, 0);
    this.#forwarding.onEnded?.(true);
    replyError(this.#request, this.#exchange, error);
  }

  /** What did not run because the connection is being made anew is asked once more, on the new one. */
  #retries(error: JsonRpcErrorObject): boolean {
    const { isBound, backend } = this.#forwarding;
    if (this.#isRetry || isBound === true || !surelyNotRun(error)) return false;
    this.#isRetry = true;
    const isMine = (): boolean => this.#session.inFlight.get(this.#request.id) === this;
    const again = async (): Promise<void> => {
      const place = await renewed(this.#context, this.#session, { backend, instance: this.#instance });
      if (!isMine()) return;
      if (place === undefined) return this.onFailure(error);
      this.#forwarding = { ...this.#forwarding, backend: place.backend };
      this.send(place.instance);
    };
    again().catch(() => {
      if (isMine()) this.onFailure(error);
    });
    return true;
  }

  /** Progress gets the client's own token back, log lines pass by its level; the rest is everybody's. */
  onNotification(message: Uint8Array): void {
    const view = MessageView.read(message);
    if (view === undefined) return; // The supervisor has dropped and counted what is ambiguous.
    if (view.method === "notifications/progress") {
      this.#progress?.relay(view, this.#context.clock.nowMs());
      return;
    }
    const { backend } = this.#forwarding;
    // Changes of lists and resources concern whoever sees them, on whichever stream they came.
    if (view.method !== "notifications/message")
      return this.#context.onBackendNews(backend, message, this.#instance);
    const relayed = relayLog(view, this.#session, backend.name);
    if (relayed !== undefined) this.#exchange.notify(relayed, true);
  }

  onRequest(message: Uint8Array): boolean {
    return this.#exchange.ask(message);
  }

  allow(extraMs: number): void {
    this.#context.calls.allow(this.number, this.#forwarding.backend.callTimeoutMs + extraMs);
  }

  /** The client cancelled, or its session ended. */
  cancel(reason: string): void {
    this.#end();
    this.#context.calls.cancel(this.number, reason);
    this.#logEnd("cancelled", 0);
    this.#exchange.cancelled();
  }

  #end(): void {
    this.#session.inFlight.delete(this.#request.id);
    this.#progress?.end();
    // A request that stands alone takes its own connections with it.
    if (this.#session.front === "single") this.#context.instances.closeAll(this.#session);
    this.#context.reverse.onCallEnded(this);
  }

  #logEnd(outcome: string, bytes: number): void {
    const { log, clock } = this.#context;
    if (!log.isEnabled("info")) return;
    const { target, backend } = this.#forwarding;
    const tenths = Math.round((clock.nowMs() - this.#startedMs) * 10);
    log.line(
      "info",
      `call request=${this.number} session=${this.#session.shortId} backend=${field(backend.name)} method=${field(this.#request.method)}` +
        ` target=${field(target)} outcome=${field(outcome)} duration=${Math.trunc(tenths / 10)}.${tenths % 10}ms bytes=${bytes}`,
    );
  }
}

/** Words are most of what is logged here; everything else is quoted and redacted like any field. */
function field(value: string): string {
  return /^[\w./:-]+$/.test(value) && value.length < 64 ? value : formatFields({ "": value }).slice(2);
}
