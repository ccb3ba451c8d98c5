/** A real MCP client of one of the Windows servers; runs where the server runs. */
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { RequestOptions } from "@modelcontextprotocol/sdk/shared/protocol.js";

export type ServerName = "cmd" | "powershell" | "wmi";

export interface Answer {
  readonly isError: boolean;
  readonly text: string;
  /** Empty when the call gave none. */
  readonly structured: Readonly<Record<string, unknown>>;
}

const repository = join(import.meta.dir, "../../..");

export class ServerClient implements AsyncDisposable {
  readonly client = new Client({ name: "windows-checks", version: "1" });
  readonly #transport: StdioClientTransport;
  readonly #tool: string;

  private constructor(server: ServerName, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#tool = server === "wmi" ? "query_wmi" : server;
    this.#transport = new StdioClientTransport({
      command: process.execPath,
      args: [join(repository, "servers", server, "src/main.ts"), ...args],
      // Starts of a bundle are checked by themselves; here none is to be made in the background.
      env: { ...inherited(), MCP_GATEWAY_PREBUILT: "0", ...env },
      stderr: "ignore",
    });
  }

  static async open(
    server: ServerName,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<ServerClient> {
    const opened = new ServerClient(server, args, env);
    await opened.client.connect(opened.#transport);
    // The client then checks each result against the tool's outputSchema.
    await opened.client.listTools();
    return opened;
  }

  get serverPid(): number {
    return this.#transport.pid ?? -1;
  }

  async call(given: Readonly<Record<string, unknown>>, options?: RequestOptions): Promise<Answer> {
    const result = await this.client.callTool({ name: this.#tool, arguments: given }, undefined, options);
    // The client has checked content and structuredContent against their schemas.
    const content = result.content as readonly { readonly text: string }[];
    const structured = (result.structuredContent ?? {}) as Readonly<Record<string, unknown>>;
    return { isError: result.isError === true, text: content[0]?.text ?? "", structured };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

/** Starts a server that must not start. @returns its exit code and what it says */
export async function startFault(
  server: ServerName,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = Bun.spawn([process.execPath, join(repository, "servers", server, "src/main.ts"), ...args], {
    env: { ...inherited(), MCP_GATEWAY_PREBUILT: "0" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const said = await new Response(child.stderr).text();
  await child.exited;
  return { code: child.exitCode, said };
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
