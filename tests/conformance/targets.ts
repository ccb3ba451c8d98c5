/** What the suite is run against: the project's fixture behind a gateway, on each of its faces, or the fixture itself. */
import { join } from "node:path";
import { freePort } from "../support/free-port.ts";
import { startStack } from "../support/harness.ts";
import { waitFor } from "../support/wait-for.ts";

/** How the gateway reaches the fixture; `own-stdio`: a program of its own for each client session. */
export const backends = ["stdio", "own-stdio", "http"] as const;
export type Backend = (typeof backends)[number];

/** `server`: /servers/conformance/mcp · `merged`: /mcp, where the one server there is shows its own names. */
export const faces = ["server", "merged"] as const;
export type Face = (typeof faces)[number];

export interface Target extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
}

const fixture = join(import.meta.dir, "fixture.ts");

export async function throughGateway(backend: Backend, face: Face): Promise<Target> {
  const port = freePort();
  const program = { command: process.execPath, args: [fixture], names: "own" };
  const entries = {
    stdio: program,
    "own-stdio": { ...program, isolation: "session" },
    http: {
      ...program,
      type: "http",
      url: `http://127.0.0.1:${port}/mcp`,
      env: { PORT: String(port) },
    },
  };
  const stack = await startStack({ mcpServers: { conformance: entries[backend] } });
  return {
    name: `${face === "server" ? "/servers/conformance/mcp" : "/mcp"}, ${backend} backend`,
    url: face === "server" ? stack.serverUrl("conformance", "mcp") : stack.mcpUrl,
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** The fixture without the gateway: proves the fixture. */
export async function direct(): Promise<Target> {
  const port = freePort();
  const child = Bun.spawn([process.execPath, fixture, "--port", String(port)], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  const url = `http://127.0.0.1:${port}/mcp`;
  await waitFor(async () => (await fetch(url, { method: "DELETE" })).status > 0, {
    what: "the fixture to listen",
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await child.exited;
  };
  return { name: "the fixture itself", url, [Symbol.asyncDispose]: stop };
}

/** Something that runs already. */
export function running(url: string): Target {
  return { name: url, url, [Symbol.asyncDispose]: async () => undefined };
}
