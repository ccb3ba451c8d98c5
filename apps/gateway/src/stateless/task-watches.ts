/**
 * Who wants to hear of which task of the stateless revision (`subscriptions/listen` with `taskIds`). A client hears of
 * a task under the id by which it asked.
 */
import { limits } from "@mcp-gateway/kit";
import { MessageView } from "@mcp-gateway/mcp";
import type { Session } from "../sessions/session.ts";

interface Watch {
  readonly session: Session;
  readonly server: string;
  /** The server's own id. */
  readonly taskId: string;
  /** The client's. */
  readonly exposedId: string;
  /** Digests of what was told. Two listens at a server overlap, and what comes twice is told once. */
  readonly told: Set<string>;
}

export class TaskWatches {
  readonly #bySession = new Map<Session, readonly Watch[]>();

  /** @returns the servers that must be listened to anew */
  add(
    session: Session,
    watches: readonly Pick<Watch, "server" | "taskId" | "exposedId">[],
  ): ReadonlySet<string> {
    this.#bySession.set(
      session,
      watches.map(({ server, taskId, exposedId }) => ({
        session,
        server,
        taskId,
        exposedId,
        told: new Set<string>(),
      })),
    );
    return new Set(watches.map(({ server }) => server));
  }

  remove(session: Session): ReadonlySet<string> {
    const watches = this.#bySession.get(session) ?? [];
    this.#bySession.delete(session);
    return new Set(watches.map(({ server }) => server));
  }

  /** The server's own ids of the tasks that anybody watches. */
  at(server: string): readonly string[] {
    return [...new Set(this.#all((watch) => watch.server === server).map(({ taskId }) => taskId))];
  }

  tell(server: string, message: Uint8Array): void {
    const view = MessageView.read(message);
    const taskId = view?.param("taskId");
    const watches = this.#all((one) => one.server === server && one.taskId === taskId);
    if (view === undefined || watches.length === 0) return;
    const digest = digestOf(view);
    for (const watch of watches) {
      if (watch.told.has(digest)) continue;
      watch.told.add(digest);
      const [oldest] = watch.told;
      if (watch.told.size > limits.taskStatesRememberedMax && oldest !== undefined) watch.told.delete(oldest);
      const told = view.with({ params: { set: { taskId: JSON.stringify(watch.exposedId) } } });
      if (told !== undefined) watch.session.tell(told, `task ${watch.exposedId}`);
    }
  }

  #all(wanted: (watch: Watch) => boolean): readonly Watch[] {
    return [...this.#bySession.values()].flat().filter(wanted);
  }
}

/** Of what a notification says of its task, less what is of the stream on which it came. */
function digestOf(view: MessageView): string {
  const own = view.with({ params: { drop: (key) => key === "_meta" } }) ?? view.bytes;
  return new Bun.CryptoHasher("sha256").update(own).digest("base64");
}
