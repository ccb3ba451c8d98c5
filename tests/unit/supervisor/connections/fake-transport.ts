/** A connection whose backend is the test: what it was sent is read, what it says is written by hand. */
import { type JsonRpcErrorObject, Log, ManualClock } from "@mcp-gateway/kit";
import { idlessBody } from "@mcp-gateway/mcp";
import {
  type CallOwner,
  Connection,
  type EraPlan,
  type Transport,
  type TransportEvents,
  type TransportFault,
} from "../../../../apps/supervisor/src/connections/index.ts";

export interface SentMessage {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export class FakeTransport implements Transport {
  readonly sent: SentMessage[] = [];
  readonly abandoned: number[] = [];
  readonly steps: string[] = [];
  outcome: "sent" | "stalled" | "closed" = "sent";
  isPaused = false;
  readonly events: TransportEvents;

  constructor(events: TransportEvents) {
    this.events = events;
  }

  send(message: Uint8Array): "sent" | "stalled" | "closed" {
    if (this.outcome === "sent") {
      const value: SentMessage = JSON.parse(decoder.decode(message));
      this.sent.push(value);
      this.steps.push(value.method ?? "answer");
    }
    return this.outcome;
  }

  abandon(requestId: number): void {
    this.abandoned.push(requestId);
  }
  negotiated(protocolVersion: string): void {
    this.steps.push(`negotiated ${protocolVersion}`);
  }
  opened(): void {
    this.steps.push("opened");
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  close(): Promise<void> {
    this.steps.push("close");
    this.outcome = "closed";
    return Promise.resolve();
  }
}

export class Bench {
  readonly clock = new ManualClock();
  readonly told: string[] = [];
  readonly replies: { readonly owner: CallOwner; readonly text: string; readonly id: string }[] = [];
  readonly failures: { readonly owner: CallOwner; readonly error: JsonRpcErrorObject }[] = [];
  readonly notifications: { readonly text: string; readonly owner: CallOwner | undefined }[] = [];
  readonly reverses: { readonly reference: number; readonly owner: CallOwner | undefined }[] = [];
  readonly reverseCancels: number[] = [];
  readonly closed: TransportFault[] = [];
  readonly connection: Connection;
  #transport: FakeTransport | undefined;

  constructor(
    options: {
      readonly reverse?: boolean;
      readonly capabilities?: Record<string, unknown>;
      readonly eras?: EraPlan;
    } = {},
  ) {
    this.connection = new Connection({
      transport: (events) => {
        this.#transport = new FakeTransport(events);
        return this.#transport;
      },
      backend: "b",
      log: new Log("test", "critical", undefined),
      clock: this.clock,
      version: "1.2.3",
      ...options,
      events: {
        onReply: (owner, message, { idStart, idEnd }) => {
          const text = decoder.decode(message);
          this.told.push("reply");
          this.replies.push({ owner, text, id: text.slice(idStart, idEnd) });
        },
        onFailure: (owner, error) => {
          this.told.push("failure");
          this.failures.push({ owner, error });
        },
        onNotification: (message, owner) => this.notifications.push({ text: decoder.decode(message), owner }),
        onReverse: (reference, _message, _idStart, _idLength, owner) =>
          this.reverses.push({ reference, owner }),
        onReverseCancel: (reference) => this.reverseCancels.push(reference),
        onClosed: (fault) => {
          this.told.push("closed");
          this.closed.push(fault);
        },
      },
    });
  }

  get transport(): FakeTransport {
    if (this.#transport === undefined) throw new Error("the connection made no transport");
    return this.#transport;
  }

  /** The backend says something. */
  say(text: string, requestId?: number): void {
    this.transport.events.onMessage(encoder.encode(text), requestId);
  }

  answer(id: number | string | undefined, result: unknown = {}): void {
    this.say(JSON.stringify({ jsonrpc: "2.0", id, result }));
  }

  call(call: number, link = 1): CallOwner {
    const owner = { link, call };
    this.connection.call(owner, idlessBody("tools/call", { name: "echo", arguments: {} }));
    return owner;
  }

  lastSent(): SentMessage {
    const last = this.transport.sent.at(-1);
    if (last === undefined) throw new Error("nothing was sent");
    return last;
  }

  sentMethods(): readonly (string | undefined)[] {
    return this.transport.sent.map((message) => message.method);
  }

  /** Carries out the handshake; the first request of a test then has id 2. */
  async open(): Promise<void> {
    const done = this.connection.handshake(1_000);
    this.answer(this.lastSent().id, initializeResult("2025-11-25"));
    await done;
  }
}

export function initializeResult(protocolVersion: string): unknown {
  return { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "fake", version: "1" } };
}

export function reasonOf(error: JsonRpcErrorObject | undefined): unknown {
  const data = error?.data;
  return typeof data === "object" && data !== null && "reason" in data ? data.reason : undefined;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();
