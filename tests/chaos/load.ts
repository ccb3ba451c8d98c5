/**
 * Clients that call without pause over both fronts and check that every answer is their own: each call carries
 * a nonce that no other call has, now and then a large one. Failures are counted by the reason the gateway gives, never hidden.
 */
import { limits } from "@mcp-gateway/kit";
import type { Stack } from "../support/harness.ts";
import type { Random } from "../support/random.ts";
import { openRawClient, type RawClient } from "../support/raw-client.ts";

export interface LoadCounts {
  calls: number;
  answered: number;
  /** Answers that belong to somebody else's call. Must stay 0. */
  crossTalk: number;
  /** Sessions that had to be opened anew. */
  reopened: number;
  /** Error reasons of the catalogue, and `connection` for what broke below MCP. */
  readonly failures: Map<string, number>;
  /** The same per backend name. */
  readonly failuresByBackend: Map<string, number>;
}

export class Load implements AsyncDisposable {
  readonly counts: LoadCounts = {
    calls: 0,
    answered: 0,
    crossTalk: 0,
    reopened: 0,
    failures: new Map(),
    failuresByBackend: new Map(),
  };
  readonly #stack: Stack;
  readonly #backends: readonly string[];
  readonly #random: Random;
  readonly #loops: Promise<void>[];
  #running = true;

  constructor(stack: Stack, clients: number, backends: readonly string[], random: Random) {
    this.#stack = stack;
    this.#backends = backends;
    this.#random = random;
    this.#loops = Array.from({ length: clients }, (_, index) => this.#loop(index));
  }

  failuresOf(reason: string): number {
    return this.counts.failures.get(reason) ?? 0;
  }

  /** Calls that were answered, and answered rightly, from now on. */
  async untilAnswered(more: number, timeoutMs: number): Promise<void> {
    const target = this.counts.answered + more;
    const deadlineAtMs = performance.now() + timeoutMs;
    while (this.counts.answered < target) {
      if (performance.now() > deadlineAtMs)
        throw new Error(
          `only ${this.counts.answered - target + more} of ${more} calls were answered within ${timeoutMs} ms`,
        );
      await Bun.sleep(20);
    }
  }

  async stop(): Promise<LoadCounts> {
    this.#running = false;
    await Promise.all(this.#loops);
    return this.counts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #loop(index: number): Promise<void> {
    const url = index % 2 === 0 ? this.#stack.mcpUrl : this.#stack.sseUrl;
    let client: RawClient | undefined;
    for (let call = 0; this.#running; call += 1) {
      try {
        if (client === undefined) {
          client = await openRawClient(url, { timeoutMs: 5_000 });
          if (call > 0) this.counts.reopened += 1;
        }
        await this.#call(client, `${index}:${call}`);
      } catch {
        // The connection broke or the session is gone: what the test judges is the counts and what comes next.
        this.#fail("connection", undefined);
        await client?.close().catch(() => undefined); // Its server is gone, so is the need to tell it.
        client = undefined;
        await Bun.sleep(50);
      }
    }
    await client?.close();
  }

  async #call(client: RawClient, nonce: string): Promise<void> {
    const backend = this.#random.pick(this.#backends);
    const args = { nonce: this.#textOf(nonce), ms: this.#random.below(15) };
    this.counts.calls += 1;
    const answer = await client.request(
      "tools/call",
      { name: `${backend}__echo`, arguments: args },
      { timeoutMs: 20_000 },
    );
    if (answer.error !== undefined) {
      this.#fail(String(answer.error.data?.["reason"] ?? answer.error.code), backend);
      await Bun.sleep(10); // A refused call costs nothing; without a pause this loop would only count refusals.
      return;
    }
    const content = answer.result?.["content"] as readonly { readonly text: string }[]; // The echo tool's own shape.
    if (content[0]?.text === JSON.stringify(args)) this.counts.answered += 1;
    else this.counts.crossTalk += 1;
  }

  /** Every eighth is large enough to go through the ring that supervisor and gateway share. */
  #textOf(nonce: string): string {
    if (this.#random.below(8) > 0) return nonce;
    const bytes = limits.ringPayloadBytesMin * (1 + this.#random.below(4));
    return `${nonce} `.repeat(Math.ceil(bytes / (nonce.length + 1)));
  }

  #fail(reason: string, backend: string | undefined): void {
    this.counts.failures.set(reason, (this.counts.failures.get(reason) ?? 0) + 1);
    if (backend !== undefined)
      this.counts.failuresByBackend.set(backend, (this.counts.failuresByBackend.get(backend) ?? 0) + 1);
  }
}
