/** Connections to real programs and servers, with everything they tell kept for a look. */
import type { ServerConfig } from "@mcp-gateway/config";
import { type JsonRpcErrorObject, Log, systemClock } from "@mcp-gateway/kit";
import { idlessBody } from "@mcp-gateway/mcp";
import {
  type CallOwner,
  Connection,
  type Handshake,
  openTransport,
  type TransportFault,
} from "../../../apps/supervisor/src/connections/index.ts";
import type { ChildProcess } from "../../../apps/supervisor/src/process/spawn.ts";
import { spawnBackend } from "../../../apps/supervisor/src/process/spawn.ts";
import { waitFor } from "../../support/wait-for.ts";

export const log = new Log("test", "critical", undefined);

export function serverConfig(some: Partial<ServerConfig>): ServerConfig {
  return {
    name: "under-test",
    order: 0,
    transport: "stdio",
    command: undefined,
    args: [],
    env: {},
    inheritEnv: true,
    cwd: process.cwd(),
    url: undefined,
    headers: {},
    startupDelayMs: 0,
    startupTimeoutMs: 10_000,
    timeoutMs: 10_000,
    isolation: "shared",
    names: "qualified",
    oauth: undefined,
    protocol: "auto",
    restart: "never",
    enabled: true,
    platforms: undefined,
    ...some,
  };
}

export type Outcome =
  | { readonly kind: "reply"; readonly message: unknown }
  | { readonly kind: "failure"; readonly error: JsonRpcErrorObject };

export interface SeenNotification {
  readonly message: { readonly method: string; readonly params?: Readonly<Record<string, unknown>> };
  readonly owner: CallOwner | undefined;
}

export interface SeenReverse extends SeenNotification {
  readonly reference: number;
}

/** One connection and what it told. */
export class Probe implements AsyncDisposable {
  readonly connection: Connection;
  readonly notifications: SeenNotification[] = [];
  readonly reverses: SeenReverse[] = [];
  readonly reverseCancels: number[] = [];
  readonly closed: TransportFault[] = [];
  /** Every outcome of every call, in order; more than one for a call is a fault. */
  readonly outcomes = new Map<number, Outcome[]>();
  readonly process: ChildProcess | undefined;
  #lastCall = 0;

  constructor(server: ServerConfig, options: { readonly reverse?: boolean } = {}) {
    this.process =
      server.transport === "stdio"
        ? spawnBackend({
            server,
            tag: `connections-${process.pid}`,
            log,
            clock: systemClock,
            environment: process.env,
            onFirstOutput: () => undefined,
          })
        : undefined;
    this.connection = new Connection({
      transport: (events) => openTransport(server, this.process, events, log),
      backend: server.name,
      log,
      clock: systemClock,
      version: "0.0.0",
      ...options,
      events: {
        onReply: (owner, message, { idStart, idEnd }) => {
          const text = decoder.decode(message);
          const id = text.slice(idStart, idEnd);
          if (!/^\d+$/.test(id)) throw new Error(`the place of the id is wrong: ${id}`);
          this.#settle(owner, { kind: "reply", message: JSON.parse(text) });
        },
        onFailure: (owner, error) => this.#settle(owner, { kind: "failure", error }),
        onNotification: (message, owner) => {
          this.notifications.push({ message: JSON.parse(decoder.decode(message)), owner });
        },
        onReverse: (reference, message, _idStart, _idLength, owner) => {
          this.reverses.push({ reference, message: JSON.parse(decoder.decode(message)), owner });
        },
        onReverseCancel: (reference) => this.reverseCancels.push(reference),
        onClosed: (fault) => this.closed.push(fault),
      },
    });
  }

  handshake(timeoutMs = 10_000): Promise<Handshake> {
    return this.connection.handshake(timeoutMs);
  }

  /** Starts a call and returns its number. */
  start(method: string, params: unknown, link = 1): CallOwner {
    this.#lastCall += 1;
    const owner = { link, call: this.#lastCall };
    this.outcomes.set(owner.call, []);
    this.connection.call(owner, idlessBody(method, params));
    return owner;
  }

  outcome(owner: CallOwner, timeoutMs = 10_000): Promise<Outcome> {
    return waitFor(() => this.outcomes.get(owner.call)?.[0], {
      timeoutMs,
      what: `the outcome of call ${owner.call}`,
      everyMs: 2,
    });
  }

  call(method: string, params: unknown = {}): Promise<Outcome> {
    return this.outcome(this.start(method, params));
  }

  async tool(name: string, toolArguments: unknown = {}): Promise<Outcome> {
    return this.call("tools/call", { name, arguments: toolArguments });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close("the test is over");
    await this.process?.stop({ now: true });
  }

  #settle(owner: CallOwner, outcome: Outcome): void {
    const outcomes = this.outcomes.get(owner.call);
    if (outcomes === undefined)
      throw new Error(`an outcome for a call that was never made: ${JSON.stringify(owner)}`);
    outcomes.push(outcome);
  }
}

const decoder = new TextDecoder();
