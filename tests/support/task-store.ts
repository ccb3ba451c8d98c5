/** Tasks of the extension `io.modelcontextprotocol/tasks`, as a server keeps them. */
type JsonObject = Readonly<Record<string, unknown>>;

export type TaskAnswer =
  | { readonly result: JsonObject; readonly error?: undefined }
  | { readonly error: { readonly code: number; readonly message: string } };
export type TaskQuestions = Readonly<Record<string, JsonObject>>;

interface Task {
  readonly taskId: string;
  readonly createdAt: string;
  lastUpdatedAt: string;
  status: "working" | "input_required" | "completed" | "failed" | "cancelled";
  open: Record<string, JsonObject>;
  readonly answers: Record<string, unknown>;
  readonly run: (answers: JsonObject) => Promise<TaskAnswer>;
  outcome: JsonObject;
}

interface Listener {
  readonly tell: (task: JsonObject) => void;
  readonly end: () => void;
}

export class TaskStore {
  readonly #tasks = new Map<unknown, Task>();
  readonly #listeners = new Set<Listener>();

  create(asks: TaskQuestions, run: Task["run"]): JsonObject {
    const at = new Date().toISOString();
    const open = { ...asks };
    const hasQuestions = Object.keys(open).length > 0;
    const task: Task = {
      taskId: crypto.randomUUID(),
      createdAt: at,
      lastUpdatedAt: at,
      status: hasQuestions ? "input_required" : "working",
      open,
      answers: {},
      run,
      outcome: {},
    };
    this.#tasks.set(task.taskId, task);
    if (!hasQuestions) void this.#work(task);
    return { resultType: "task", ...head(task), status: "working" };
  }

  get(taskId: unknown): JsonObject | undefined {
    const task = this.#tasks.get(taskId);
    return task === undefined ? undefined : detailed(task);
  }

  update(taskId: unknown, responses: JsonObject): JsonObject | undefined {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return undefined;
    for (const [key, answer] of Object.entries(responses)) {
      if (!Object.hasOwn(task.open, key)) continue;
      delete task.open[key];
      task.answers[key] = answer;
    }
    if (task.status === "input_required" && Object.keys(task.open).length === 0) {
      this.#become(task, "working");
      void this.#work(task);
    }
    return {};
  }

  cancel(taskId: unknown): JsonObject | undefined {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return undefined;
    if (task.status === "working" || task.status === "input_required") this.#become(task, "cancelled");
    return {};
  }

  /** @returns how to stop listening */
  listen(tell: Listener["tell"], end: () => void): () => void {
    const listener = { tell, end };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dropListeners(): void {
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
  }

  async #work(task: Task): Promise<void> {
    const outcome = await task.run(task.answers);
    if (task.status !== "working") return;
    task.outcome = { ...outcome };
    this.#become(task, outcome.error === undefined ? "completed" : "failed");
  }

  #become(task: Task, status: Task["status"]): void {
    task.status = status;
    task.lastUpdatedAt = new Date().toISOString();
    for (const { tell } of this.#listeners) tell(detailed(task));
  }
}

function head({ taskId, status, createdAt, lastUpdatedAt }: Task): JsonObject {
  return { taskId, status, createdAt, lastUpdatedAt, ttlMs: 600_000, pollIntervalMs: 100 };
}

function detailed(task: Task): JsonObject {
  return {
    ...head(task),
    ...(task.status === "input_required" ? { inputRequests: { ...task.open } } : {}),
    ...task.outcome,
  };
}
