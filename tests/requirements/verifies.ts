/**
 * `verifies(id, body)`: a scenario that shows a requirement. It runs once for each cell that the manifest has; a cell
 * counts as covered only when its run came to its end, asked something and checked something.
 */
import { expect, type Matchers } from "bun:test";
import { waitFor } from "../support/wait-for.ts";
import {
  everything,
  type JsonObject,
  type MatrixClient,
  type Outcome,
  textOf,
} from "./client/matrix-client.ts";
import type { Claim } from "./coverage.ts";
import type { BackendCell, ClientCell } from "./grid.ts";
import type { Where } from "./requirement.ts";

export interface Scene {
  readonly client: ClientCell;
  /** Where no backend takes part: one to be going on with. */
  readonly backend: BackendCell;
  /** Of the gateway: `http://127.0.0.1:port`. */
  readonly gateway: string;
  /** Where this client comes in. */
  readonly url: string;
  /** Each check is counted. */
  expect(value: unknown): Matchers<unknown>;
  /** This client in front of this backend, the same for all scenarios; with all capabilities unless told. */
  open(capabilities?: JsonObject): Promise<MatrixClient>;
  /** One of its own, closed at the end. */
  fresh(capabilities?: JsonObject, url?: string): Promise<MatrixClient>;
  /** The name of a tool or prompt of the backend as clients see it. */
  named(name: string): string;
  uri(path: string): string;
  /** Calls a tool of the backend. */
  call(client: MatrixClient, tool: string, args?: JsonObject, meta?: JsonObject): Promise<Outcome>;
  /** What the backend received that holds this text. */
  seen(client: MatrixClient, text: string): Promise<readonly JsonObject[]>;
  /** Takes the backend's connections away (its program ends, its sessions and streams are gone), until it is back. */
  lose(client: MatrixClient): Promise<void>;
  /** Has it started anew on demand: a backend that was lost too often is waited for longer and longer. */
  forgiveLoss(client: MatrixClient): Promise<void>;
  until<T>(what: string, probe: () => T | Promise<T>): Promise<Exclude<T, false | null | undefined>>;
}

export type Body = (scene: Scene) => Promise<void>;

export interface Scenario extends Claim {
  readonly body: Body;
}

export const scenarios: Scenario[] = [];

/** @param where only these cells; others need a scenario of their own */
export function verifies(id: string, body: Body, where: Where = {}): void {
  scenarios.push({ id, where, body });
}

export interface Parts {
  readonly client: ClientCell;
  readonly backend: BackendCell;
  readonly gateway: string;
  readonly open: (capabilities: JsonObject, url?: string) => Promise<MatrixClient>;
  /** Has the gateway start a server anew. */
  readonly restart: (server: string) => Promise<void>;
  /** Clients that live as long as the tests of one way in. */
  readonly kept: Map<string, Promise<MatrixClient>>;
}

/** Runs one cell. @throws when it fails, or shows nothing */
export async function play(
  body: Body,
  { client, backend, gateway, open, restart, kept }: Parts,
): Promise<void> {
  let checks = 0;
  const own: MatrixClient[] = [];
  const scene: Scene = {
    client,
    backend,
    gateway,
    url: `${gateway}/${client.front === "sse" ? "sse" : "mcp"}`,
    expect: (value) => {
      checks += 1;
      return expect(value);
    },
    open: async (capabilities = everything) => {
      const key = `${backend.server} ${JSON.stringify(capabilities)}`;
      const opening = kept.get(key) ?? open(capabilities);
      kept.set(key, opening);
      return await opening;
    },
    fresh: async (capabilities = everything, url) => {
      const opened = await open(capabilities, url);
      own.push(opened);
      return opened;
    },
    named: (name) => `${backend.server}__${name}`,
    uri: (path) => `mx://${backend.server}/${path}`,
    call: (from, tool, args = {}, meta) =>
      from.request(
        "tools/call",
        { name: scene.named(tool), arguments: args },
        meta === undefined ? {} : { meta },
      ),
    seen: async (from, text) => {
      const all = JSON.parse(textOf(await scene.call(from, "seen", { text }))) as JsonObject[]; // Our tool's words.
      // The question after it holds the text too.
      return all.filter((one) => !JSON.stringify(one).includes('"name":"seen"'));
    },
    lose: async (from) => {
      await scene.call(from, "reset");
      await isBack(from);
    },
    forgiveLoss: async (from) => {
      await restart(backend.server);
      await isBack(from);
    },
    until: (what, probe) => waitFor(probe, { what, timeoutMs: 20_000, everyMs: 10 }),
  };
  // A call that finds the connection gone fails, and the next ones go over a new one.
  const isBack = (from: MatrixClient): Promise<true> =>
    scene.until("the server to be back", async () => (await scene.call(from, "echo")).error === undefined);
  try {
    await body(scene);
  } finally {
    for (const one of own) await one[Symbol.asyncDispose]();
  }
  if (checks === 0) throw new Error("the scenario ended without a check");
}
