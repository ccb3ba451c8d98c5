/** The admin API of a running gateway. */
import type { OperationReport, StatusReport, ToolReport } from "@mcp-gateway/contract";
import { readOperationReport, readStatusReport, readToolReport } from "@mcp-gateway/contract/read-status";
import { limits } from "@mcp-gateway/kit";
import { CliError } from "../cli-error.ts";
import { type Answer, requestJson } from "./http.ts";

export type ServerOperation = "start" | "stop" | "restart" | "login" | "finish-login" | "logout";

export class AdminClient {
  readonly address: string;
  readonly #token: string | undefined;

  constructor(address: string, token: string | undefined) {
    this.address = connectable(address);
    this.#token = token;
  }

  status(): Promise<StatusReport> {
    return this.#read("/api/v1/status", readStatusReport);
  }

  tools(): Promise<ToolReport> {
    return this.#read("/api/v1/tools", readToolReport);
  }

  /** @param input what `login` and `finish-login` need */
  operate(server: string, operation: ServerOperation, input?: string): Promise<OperationReport> {
    const path = `/api/v1/servers/${encodeURIComponent(server)}/${operation}`;
    if (operation === "login") return this.#write(path, { redirectUri: input });
    if (operation === "finish-login") return this.#write(path, { callback: input });
    return this.#write(path);
  }

  reload(): Promise<OperationReport> {
    return this.#write("/api/v1/reload");
  }

  async #read<T>(path: string, reader: (value: unknown) => T | undefined): Promise<T> {
    const answer = await requestJson(this.address, path, { token: this.#token });
    this.#checkAllowed(answer);
    const value = answer.status === 200 ? reader(answer.value) : undefined;
    if (value === undefined) throw this.#notOurs(answer);
    return value;
  }

  async #write(path: string, body?: unknown): Promise<OperationReport> {
    // Others are asked on the way when somebody signs in or out, and they take their time.
    const timeoutMs = /log(in|out)$/.test(path) ? limits.cliSignInTimeoutMs : limits.cliRequestTimeoutMs;
    const options = { method: "POST", token: this.#token, timeoutMs };
    const answer = await requestJson(this.address, path, body === undefined ? options : { ...options, body });
    this.#checkAllowed(answer);
    const report = readOperationReport(answer.value);
    if (report === undefined) throw this.#notOurs(answer);
    return report;
  }

  #checkAllowed({ status }: Answer): void {
    if (status !== 401) return;
    throw new CliError(`${this.address} wants its admin token.`, 1, [
      "Run this as the user who started the gateway, or pass --token.",
    ]);
  }

  #notOurs({ status }: Answer): CliError {
    return new CliError(
      `What answers at ${this.address} is no MCP Gateway of this version (HTTP ${status}).`,
      1,
      ["Check --url, or start the gateway again after an update."],
    );
  }
}

/** A gateway that listens on every address is reached on this machine by loopback. */
function connectable(address: string): string {
  return address.replace("://0.0.0.0", "://127.0.0.1").replace("://[::]", "://[::1]");
}
