/**
 * What becomes of one message from a backend: an answer finds its call, a notification its owner, a request
 * a number to be answered under; whatever fits nothing is dropped and counted. Results are not read.
 */
import { type Clock, GatewayError, limits, toJsonRpcError } from "@mcp-gateway/kit";
import {
  type Envelope,
  elementSpans,
  errorReply,
  MessageView,
  type ResponseEnvelope,
  readEnvelope,
  readIntegerId,
  resultReply,
} from "@mcp-gateway/mcp";
import { ownerOfProgress, subscriptionOf } from "./attribution.ts";
import type { Era } from "./era.ts";
import type { ConnectionEvents } from "./events.ts";
import type { Noise } from "./noise.ts";
import type { CallOwner, PendingRequests } from "./pending.ts";
import { RatePerSecond } from "./rate.ts";
import type { ReverseRequests } from "./reverse.ts";

export interface InboundParts {
  readonly backend: string;
  readonly noise: Noise;
  readonly clock: Clock;
  readonly pending: PendingRequests;
  readonly reverse: ReverseRequests;
  readonly events: ConnectionEvents;
  /** Known once the conversation is open. */
  era(): Era;
  /** False: requests of the backend are refused, except pings. */
  readonly forwardsReverse: boolean;
  /** Sends an answer of our own; it is dropped when the backend does not read. */
  reply(message: Uint8Array): void;
  /** Fails a request of ours, whoever waits for it. */
  fail(id: number, error: GatewayError): void;
}

type RequestEnvelope = Extract<Envelope, { kind: "request" }>;

export class Inbound {
  readonly #parts: InboundParts;
  readonly #rate = new RatePerSecond(limits.backendNotificationsPerSecondMax);

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /** @param streamId the request on whose own stream the message came, where the wire tells */
  take(message: Uint8Array, streamId: number | undefined): void {
    const envelope = readEnvelope(message);
    if (envelope === undefined) {
      this.#takeUnreadable(message, streamId);
      return;
    }
    switch (envelope.kind) {
      case "response":
        this.#takeResponse(message, envelope);
        return;
      case "request":
        this.#takeRequest(message, envelope, streamId);
        return;
      case "notification":
        this.#takeNotification(message, envelope.method, streamId);
        return;
      default:
        envelope satisfies never;
    }
  }

  #takeResponse(message: Uint8Array, envelope: ResponseEnvelope): void {
    const id = readIntegerId(message, envelope.idStart, envelope.idEnd);
    const pending = id === undefined ? undefined : this.#parts.pending.take(id);
    if (pending === undefined) {
      this.#parts.noise.drop("unknownReplies", message);
      return;
    }
    if (pending.kind === "call") this.#parts.events.onReply(pending.owner, message, envelope);
    else pending.request.onReply(message);
  }

  #takeNotification(message: Uint8Array, method: string, streamId: number | undefined): void {
    const { noise, events, clock } = this.#parts;
    const isWithinRate = this.#rate.take(clock.nowMs());
    // What is left says that something changed; it is rare in earnest, and losing it would leave stale lists.
    if (!isWithinRate && frequentMethods.includes(method)) return noise.drop("notifications", message);
    const view = MessageView.read(message);
    if (view === undefined) return noise.drop("malformed", message);
    switch (method) {
      case "notifications/progress": {
        // A task's call reports on after its answer (2025-11-25, Tasks, "Progress"); whose it is, its gateway knows.
        const owner = ownerOfProgress(view);
        if (owner === undefined) noise.drop("notifications", message);
        else events.onNotification(message, owner);
        return;
      }
      case "notifications/cancelled":
        this.#takeCancelled(view);
        return;
      default:
        events.onNotification(message, this.#ownerOf(view, streamId));
    }
  }

  /** The backend takes back one of its own requests; a stateless one has none, and ends a subscription so. */
  #takeCancelled(view: MessageView): void {
    const { noise, reverse, events } = this.#parts;
    if (this.#parts.era() === "stateless") return this.#takeEndOfSubscription(view);
    const reference = reverse.cancel(view.param("requestId"));
    if (reference === undefined) noise.drop("reverse", view.bytes);
    else events.onReverseCancel(reference);
  }

  /** MCP 2026-07-28, "Cancellation": only a `subscriptions/listen` is ended by the server. */
  #takeEndOfSubscription(view: MessageView): void {
    const { noise, backend, pending } = this.#parts;
    const id = view.param("requestId");
    if (typeof id !== "number" || pending.ownerOf(id) === undefined) {
      noise.drop("notifications", view.bytes);
      return;
    }
    const detail = `The server "${backend}" ended the subscription.`;
    this.#parts.fail(id, new GatewayError("backend-lost", detail, { facts: { server: backend } }));
  }

  #takeRequest(message: Uint8Array, envelope: RequestEnvelope, streamId: number | undefined): void {
    const { noise, reverse, events, forwardsReverse } = this.#parts;
    const { idStart, idEnd, method } = envelope;
    const id = message.subarray(idStart, idEnd);
    if (method === "ping") {
      this.#parts.reply(resultReply(id, {}));
    } else if (!forwardsReverse || this.#parts.era() === "stateless") {
      const detail = `The gateway does not pass "${method.slice(0, 100)}" on to a client.`;
      this.#refuse(id, new GatewayError("client-request-unsupported", detail));
    } else if (MessageView.read(message) === undefined) {
      noise.drop("malformed", message);
      this.#refuse(
        id,
        new GatewayError("invalid-params", "A key is there twice: it can be read in two ways."),
      );
    } else if (reverse.size >= limits.backendReverseInFlightMax) {
      noise.drop("reverse", message);
      this.#refuse(
        id,
        new GatewayError("too-many-calls", "Too many requests of this server wait for an answer."),
      );
    } else {
      const reference = reverse.add(id);
      // A second request under an id in use could only get the first one's answer.
      if (reference === undefined) noise.drop("reverse", message);
      else events.onReverse(reference, message, idStart, idEnd - idStart, this.#ownerOfStream(streamId));
    }
  }

  #refuse(id: Uint8Array, error: GatewayError): void {
    this.#parts.reply(errorReply(id, toJsonRpcError(error)));
  }

  /** Batches (revision 2025-03-26) are taken apart; of the rest, an answer's beginning or end may name its call. */
  #takeUnreadable(message: Uint8Array, streamId: number | undefined): void {
    const { backend, noise, pending } = this.#parts;
    const batch = elementsOf(message);
    if (batch !== undefined) {
      for (const element of batch) this.take(element, streamId);
      return;
    }
    noise.drop("malformed", message);
    const id = idInHead(message) ?? idInTail(message);
    if (id === undefined || !pending.has(id)) return;
    const detail = `The answer of the server "${backend}" is malformed: no JSON in UTF-8, or with two ids.`;
    this.#parts.fail(id, new GatewayError("backend-malformed", detail, { facts: { server: backend } }));
  }

  #ownerOfStream(streamId: number | undefined): CallOwner | undefined {
    return streamId === undefined ? undefined : this.#parts.pending.ownerOf(streamId);
  }

  /** Where the stream does not tell, a stateless server names the subscription: the id of the request for it. */
  #ownerOf(view: MessageView, streamId: number | undefined): CallOwner | undefined {
    if (streamId !== undefined || this.#parts.era() === "session") return this.#ownerOfStream(streamId);
    const id = subscriptionOf(view);
    return id === undefined ? undefined : this.#parts.pending.ownerOf(id);
  }
}

/**
 * The id that the beginning of a broken or cut response names; the whole can't be understood, so this is
 * good enough only to fail that call early. A request of the backend has ids of its own.
 */
export function idInHead(head: Uint8Array): number | undefined {
  const text = decoder.decode(head.subarray(0, idHeadBytes));
  if (!/^\s*\{/.test(text) || text.includes('"method"')) return undefined;
  const match = /"id"\s*:\s*(\d{1,10})\s*[,}]/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** The same for the end, where many servers write the id. */
function idInTail(message: Uint8Array): number | undefined {
  const text = decoder.decode(message.subarray(-idHeadBytes));
  if (text.includes('"method"')) return undefined;
  const match = /,\s*"id"\s*:\s*(\d{1,10})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

const idHeadBytes = 200;
const openBracket = 0x5b;
/** What a chatty backend sends by the thousand, and can be missed. */
const frequentMethods: readonly string[] = ["notifications/progress", "notifications/message"];

/** The messages of a batch; undefined when it is none. A batch within a batch is none either. */
function elementsOf(message: Uint8Array): readonly Uint8Array[] | undefined {
  const spans = elementSpans(message, 0) ?? [];
  if (spans.length === 0 || spans.length > limits.batchMessagesMax) return undefined;
  if (spans.some(({ start }) => message[start] === openBracket)) return undefined;
  return spans.map(({ start, end }) => message.subarray(start, end));
}

const decoder = new TextDecoder();
