/** Tasks of 2025-11-25 as the session backends of the matrix keep them: each works until it is told to end. */
import type { JsonObject } from "./vocabulary.ts";

interface Work {
  readonly nonce: string;
  readonly task: Record<string, unknown> & { readonly taskId: string; status: string };
  readonly ended: PromiseWithResolvers<void>;
}

export class WorkTable {
  readonly #server: string;
  readonly #works = new Map<string, Work>();

  constructor(server: string) {
    this.#server = server;
  }

  begin(ttl: unknown, nonce: unknown): JsonObject {
    const now = new Date().toISOString();
    const task = {
      taskId: `${this.#server}-${crypto.randomUUID()}`,
      status: "working",
      ttl: typeof ttl === "number" ? ttl : null,
      createdAt: now,
      lastUpdatedAt: now,
      pollInterval: 100,
    };
    this.#works.set(task.taskId, { nonce: String(nonce), task, ended: Promise.withResolvers() });
    return task;
  }

  /** @returns undefined: there is no such task */
  end(taskId: unknown, status: "completed" | "cancelled"): JsonObject | undefined {
    const work = this.#works.get(String(taskId));
    if (work === undefined) return undefined;
    work.task.status = status;
    work.ended.resolve();
    return work.task;
  }

  get(taskId: unknown): JsonObject | undefined {
    return this.#works.get(String(taskId))?.task;
  }

  list(): readonly JsonObject[] {
    return [...this.#works.values()].map(({ task }) => task);
  }

  async result(taskId: unknown): Promise<JsonObject | undefined> {
    const work = this.#works.get(String(taskId));
    await work?.ended.promise;
    if (work === undefined) return undefined;
    const related = { "io.modelcontextprotocol/related-task": { taskId: work.task.taskId } };
    return { content: [{ type: "text", text: `worked ${work.nonce}` }], _meta: related };
  }
}
