/** A gateway in front of the odd server in its three ways: on a pipe, over HTTP as JSON, over HTTP as event streams. */
import { afterAll, beforeAll } from "bun:test";
import { join } from "node:path";
import { type Stack, startStack } from "../support/harness.ts";
import { serveHttp } from "./carriers.ts";
import { oddPieces } from "./corpus.ts";
import { handleOdd } from "./odd-server.ts";

export const backends = ["pipe", "json", "stream"] as const;
export type Backend = (typeof backends)[number];

interface OddStack extends AsyncDisposable {
  readonly stack: Stack;
}

/** Runs while the tests of the file do that calls this. @returns what gives it to them */
export function oddStackForTests(): () => Stack {
  let odd: OddStack | undefined;
  beforeAll(async () => {
    odd = await startOddStack();
  });
  afterAll(async () => {
    await odd?.[Symbol.asyncDispose]();
  });
  return () => {
    if (odd === undefined) throw new Error("only tests have the stack");
    return odd.stack;
  };
}

async function startOddStack(): Promise<OddStack> {
  const servers = new AsyncDisposableStack();
  const json = servers.use(serveHttp(handleOdd, false));
  const stream = servers.use(serveHttp(handleOdd, true));
  const pipe = { command: process.execPath, args: [join(import.meta.dir, "odd-server.ts")] };
  const mcpServers = {
    pipe,
    json: { type: "http", url: json.url },
    stream: { type: "http", url: stream.url },
  };
  const stack = servers.use(await startStack({ mcpServers }, { logLevel: "info" }));
  return { stack, [Symbol.asyncDispose]: () => servers.disposeAsync() };
}

/** One backend, as one face of the gateway shows it. */
export interface Place<Face extends string> {
  readonly face: Face;
  readonly backend: Backend;
}

export function placesOf<Face extends string>(faces: readonly Face[]): readonly Place<Face>[] {
  return faces.flatMap((face) => backends.map((backend) => ({ face, backend })));
}

/** What the tests of a place have in common. */
export function factsOf({ face, backend }: Place<string>) {
  const isOwn = face.startsWith("own");
  const sent = piecesOf(backend);
  return {
    isOwn,
    exposed: (name: string): string => (isOwn ? name : `${backend}__${name}`),
    sent,
    small: sent.filter(({ index }) => !isHuge(index)),
  };
}

/** The message that answers a request. */
export function whole(id: string, body: string): string {
  return `{"jsonrpc":"2.0","id":"${id}",${body}}`;
}

/** What this backend can send: a line end would end a message on a pipe. */
function piecesOf(backend: Backend): readonly { readonly name: string; readonly index: number }[] {
  return oddPieces.flatMap(({ name, hasLineEnds }, index) =>
    hasLineEnds && backend === "pipe" ? [] : [{ name, index }],
  );
}

function isHuge(index: number): boolean {
  return oddPieces[index]?.isHuge === true;
}

/** The first server keeps a URI that all list; on the merged face the others' are qualified. */
export function exposedUri(backend: Backend, isOwn: boolean, uri: string): string {
  return isOwn || backend === "pipe" ? uri : `mcp-gateway://${backend}/${uri}`;
}
