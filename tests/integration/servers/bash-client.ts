/** A real client of the real bash server, and proof that nothing of it is left when it goes. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { RequestOptions } from "@modelcontextprotocol/sdk/shared/protocol.js";
import { expectNoneLeft, processesWithTag } from "../../support/processes.ts";
import { repositoryDirectory } from "../../support/repository.ts";

export const bashServer = join(repositoryDirectory, "servers/bash/src/main.ts");

export interface Structured {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  readonly durationMs: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly stdoutBytesCut: number;
  readonly stderrBytesCut: number;
  readonly truncated: boolean;
  readonly leftRunning: number;
}

export interface Called {
  readonly isError: boolean;
  readonly text: string;
  /** Absent when the command did not run. */
  readonly structured: Structured | undefined;
}

export interface ToolCalled {
  readonly isError: boolean;
  readonly text: string;
  /** `structuredContent`; empty when nothing was done. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** The client has checked the facts against the tool's outputSchema, so only whether there are any is asked. */
export function structuredIn<T>(facts: Readonly<Record<string, unknown>>, text: string): T {
  if (Object.keys(facts).length === 0) throw new Error(`nothing was done: ${text}`);
  return facts as T;
}

export class BashClient implements AsyncDisposable {
  readonly client = new Client({ name: "test", version: "1" });
  readonly #transport: StdioClientTransport;
  /** In the environment of the server and of everything it starts. */
  readonly mark: string;

  private constructor(
    mark: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    wrapper: readonly string[],
  ) {
    this.mark = mark;
    const [command = process.execPath, ...rest] = [...wrapper, process.execPath, bashServer, ...args];
    this.#transport = new StdioClientTransport({
      command,
      args: rest,
      env: { PATH: process.env["PATH"] ?? "", BASH_TEST_MARK: mark, MCP_GATEWAY_PREBUILT: "0", ...env },
      stderr: "inherit",
    });
  }

  /** @param wrapper a program that starts the server by replacing itself, with its arguments */
  static async start(
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    wrapper: readonly string[] = [],
  ): Promise<BashClient> {
    const bash = new BashClient(`mark-${randomUUID()}`, args, env, wrapper);
    await bash.client.connect(bash.#transport);
    // The client then checks each result against the tool's outputSchema.
    await bash.client.listTools();
    return bash;
  }

  get serverPid(): number {
    return this.#transport.pid ?? -1;
  }

  /** Of the server's commands, not the server. */
  get running() {
    return processesWithTag(this.mark).filter(({ pid }) => pid !== this.serverPid);
  }

  async call(given: Readonly<Record<string, unknown>>, options?: RequestOptions): Promise<Called> {
    const result = await this.client.callTool({ name: "bash", arguments: given }, undefined, options);
    // The client has checked content and structuredContent against their schemas.
    const content = result.content as readonly { readonly text: string }[];
    const structured = result.structuredContent as Structured | undefined;
    return { isError: result.isError === true, text: content[0]?.text ?? "", structured };
  }

  /** Any tool of the server. */
  async tool(
    name: string,
    given: Readonly<Record<string, unknown>>,
    options?: RequestOptions,
  ): Promise<ToolCalled> {
    const result = await this.client.callTool({ name, arguments: given }, undefined, options);
    // As above.
    const content = result.content as readonly { readonly text: string }[];
    const facts = result.structuredContent as Readonly<Record<string, unknown>> | undefined;
    return { isError: result.isError === true, text: content[0]?.text ?? "", facts: facts ?? {} };
  }

  /** For a command that must have run. */
  async run(command: string, more: Readonly<Record<string, unknown>> = {}): Promise<Structured> {
    const { structured, text } = await this.call({ command, ...more });
    if (structured === undefined) throw new Error(text);
    return structured;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await expectNoneLeft(this.mark);
  }
}
