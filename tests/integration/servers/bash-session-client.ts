/** A session of the real bash server, as a client uses it. */
import type { RequestOptions } from "@modelcontextprotocol/sdk/shared/protocol.js";
import { type BashClient, type Structured, structuredIn } from "./bash-client.ts";

export interface SessionFacts extends Structured {
  readonly session: string;
  readonly state: "idle" | "running" | "ended";
  readonly cwd: string;
  readonly backgroundJobs: number;
  readonly interrupted: boolean;
  readonly earlierOutput: string | undefined;
}

export interface SessionRan {
  readonly isError: boolean;
  readonly text: string;
  readonly facts: SessionFacts;
}

export class BashSession implements AsyncDisposable {
  readonly #bash: BashClient;
  readonly id: string;

  private constructor(bash: BashClient, id: string) {
    this.#bash = bash;
    this.id = id;
  }

  static async open(bash: BashClient, more: Readonly<Record<string, unknown>> = {}): Promise<BashSession> {
    const { facts, text } = await bash.tool("bash_session", { action: "open", ...more });
    if (typeof facts["session"] !== "string") throw new Error(text);
    return new BashSession(bash, facts["session"]);
  }

  async run(
    command: string,
    more: Readonly<Record<string, unknown>> = {},
    options?: RequestOptions,
  ): Promise<SessionRan> {
    const given = { session: this.id, command, ...more };
    const { isError, text, facts } = await this.#bash.tool("bash_session", given, options);
    return { isError, text, facts: structuredIn<SessionFacts>(facts, text) };
  }

  async stdout(command: string): Promise<string> {
    return (await this.run(command)).facts.stdout;
  }

  interrupt(signal?: string) {
    const more = signal === undefined ? {} : { signal };
    return this.#bash.tool("bash_session", { action: "interrupt", session: this.id, ...more });
  }

  close() {
    return this.#bash.tool("bash_session", { action: "close", session: this.id });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
