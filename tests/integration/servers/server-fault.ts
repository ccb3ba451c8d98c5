/** A start of the bash server that must fail: how it ended and what it said. */
import { bashServer } from "./bash-client.ts";

export interface ServerFault {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param wrapper a program that starts it, with its arguments */
export async function serverFault(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
): Promise<ServerFault> {
  // Its stdin stays open: it must end by itself.
  const server = Bun.spawn([...wrapper, process.execPath, bashServer, ...args], {
    env: { PATH: process.env["PATH"] ?? "", MCP_GATEWAY_PREBUILT: "0", ...env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(server.stdout).text(),
    new Response(server.stderr).text(),
  ]);
  return { exitCode: await server.exited, stdout, stderr };
}
