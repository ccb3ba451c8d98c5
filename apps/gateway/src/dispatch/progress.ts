/**
 * Progress of one call, under the client's own token. While a backend is silent the gateway reports in its
 * stead, so that the client's timer does not run out on a call that is still being worked on.
 */
import { limits } from "@mcp-gateway/kit";
import type { MessageView } from "@mcp-gateway/mcp";
import { progressMessage, progressUnder } from "./notifications.ts";

/** Small enough that the backend's next value is larger: progress must increase (MCP, Progress). */
const keepAliveStep = 1e-6;

export class CallProgress {
  readonly token: string | number;
  readonly #server: string;
  readonly #send: (message: Uint8Array) => void;
  readonly #startedMs: number;
  #lastMs: number;
  #value = 0;

  constructor(options: {
    token: string | number;
    server: string;
    nowMs: number;
    send: (message: Uint8Array) => void;
  }) {
    this.token = options.token;
    this.#server = options.server;
    this.#send = options.send;
    this.#startedMs = options.nowMs;
    this.#lastMs = options.nowMs;
    running.add(this);
  }

  /** The backend reported. */
  relay(report: MessageView, nowMs: number): void {
    const progress = report.param("progress");
    // The report goes on as it is spelt, also with a number beyond what can be reckoned with here.
    if (typeof progress === "number" && Number.isFinite(progress)) this.#value = progress;
    this.#lastMs = nowMs;
    const message = progressUnder(report, this.token);
    if (message !== undefined) this.#send(message);
  }

  /** The call is over. */
  end(): void {
    running.delete(this);
  }

  #keepAlive(nowMs: number): void {
    if (nowMs - this.#lastMs < limits.progressKeepAliveMs) return;
    this.#lastMs = nowMs;
    this.#value += keepAliveStep;
    const seconds = Math.round((nowMs - this.#startedMs) / 1_000);
    const message = `${this.#server} is still working (${seconds} s)`;
    this.#send(progressMessage({ progressToken: this.token, progress: this.#value, message }));
  }

  /** Called about once a second for all calls together. */
  static sweep(nowMs: number): void {
    for (const progress of running) progress.#keepAlive(nowMs);
  }
}

/** Calls whose clients asked for progress. */
const running = new Set<CallProgress>();
