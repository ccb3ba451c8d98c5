/** A gateway before a server that wants a sign-in, and what can be asked of both. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { StatusReport } from "@mcp-gateway/contract";
import { AuthorizationServer, type AuthorizationServerOptions } from "../../support/authorization-server.ts";
import { type Stack, type StackOptions, startStack } from "../../support/harness.ts";
import { ProtectedServer, type ProtectedServerOptions } from "../../support/protected-server.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { runProgram } from "../../support/run-program.ts";
import { login, program } from "../../support/sign-in.ts";

export interface World extends AsyncDisposable {
  readonly authorization: AuthorizationServer;
  readonly server: ProtectedServer;
  readonly stack: Stack;
}

/** It has found out that a sign-in is wanted. */
export async function world(
  options: {
    readonly authorization?: AuthorizationServerOptions;
    readonly server?: Partial<ProtectedServerOptions>;
    readonly oauth?: unknown;
    /** Further keys of the entry. */
    readonly entry?: Readonly<Record<string, unknown>>;
    readonly until?: StackOptions["until"];
  } = {},
): Promise<World> {
  const authorization = new AuthorizationServer(options.authorization);
  const server = new ProtectedServer({ authorization, ...options.server });
  const oauth = options.oauth === undefined ? {} : { oauth: options.oauth };
  const entry = { url: server.url, ...oauth, ...options.entry };
  const stack = await startStack({ mcpServers: { far: entry } }, { until: options.until ?? isWaiting });
  return {
    ...{ authorization, server, stack },
    async [Symbol.asyncDispose]() {
      await stack.stop();
      server[Symbol.dispose]();
      authorization[Symbol.dispose]();
    },
  };
}

const isWaiting = ({ servers }: StatusReport): boolean =>
  servers[0]?.state === "failed" && servers[0].fault?.stage === "sign-in";

export async function waitsForSignIn(stack: Stack): Promise<void> {
  await stack.waitForStatus(isWaiting, "the sign-in to be missed");
}

/** Somebody has signed in, and the server is ready. */
export async function signedIn(options: Parameters<typeof world>[0] = {}): Promise<World> {
  const here = await world(options);
  const { exitCode, output } = await login(here.stack, { server: "far" });
  if (exitCode !== 0) throw new Error(output);
  return here;
}

export async function call(stack: Stack) {
  await using client = await openRawClient(stack.mcpUrl);
  return await client.request("tools/call", { name: "far__count", arguments: {} });
}

export function gateway(stack: Stack, ...words: readonly string[]) {
  const command = [process.execPath, program, ...words, "--config", stack.configPath];
  return runProgram(command, { environment: stack.environment, timeoutMs: 30_000 });
}

export function filesOf(stack: Stack): readonly string[] {
  const folder = join(stack.paths.stateDirectory, "sign-ins");
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
