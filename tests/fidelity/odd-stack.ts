/** A gateway in front of the odd server in its three ways: on a pipe, over HTTP as JSON, over HTTP as event streams. */
import { join } from "node:path";
import { type Stack, startStack } from "../support/harness.ts";
import { serveHttp } from "./carriers.ts";
import { oddPieces } from "./corpus.ts";
import { handleOdd } from "./odd-server.ts";

export const backends = ["pipe", "json", "stream"] as const;
export type Backend = (typeof backends)[number];

export interface OddStack extends AsyncDisposable {
  readonly stack: Stack;
}

export async function startOddStack(): Promise<OddStack> {
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

/** What this backend can send: a line end would end a message on a pipe. */
export function piecesOf(backend: Backend): readonly { readonly name: string; readonly index: number }[] {
  return oddPieces.flatMap(({ name, hasLineEnds }, index) =>
    hasLineEnds && backend === "pipe" ? [] : [{ name, index }],
  );
}

export function isHuge(index: number): boolean {
  return oddPieces[index]?.isHuge === true;
}

/** The first server keeps a URI that all list; on the merged face the others' are qualified. */
export function exposedUri(backend: Backend, isOwn: boolean, uri: string): string {
  return isOwn || backend === "pipe" ? uri : `mcp-gateway://${backend}/${uri}`;
}
