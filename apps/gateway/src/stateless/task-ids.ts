/**
 * Ids of tasks as clients of the stateless revision know them: sealed, each says which server's task it is and
 * whose. So a task needs no memory here, nobody can guess one or use another's, and it outlives the gateway as it
 * does at its server, because the key is kept in the state directory.
 */
import { limits } from "@mcp-gateway/kit";
import { type Static, Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";
import { Sealer } from "./sealer.ts";

const TaskName = Type.Object({
  server: Type.String(),
  /** The server's own id. */
  taskId: Type.String(),
  /** Digest of the credential with which the task was made. */
  principal: Type.String(),
});
export type TaskName = Static<typeof TaskName>;

export class TaskIds {
  readonly #sealer: Sealer;

  /** @param secret kept, so that ids stay good after a restart */
  constructor(secret: string) {
    this.#sealer = new Sealer(new Bun.CryptoHasher("sha256").update(`task ids ${secret}`).digest());
  }

  seal({ server, taskId, principal }: TaskName): string {
    return this.#sealer.seal({ server, taskId, principal });
  }

  open(text: unknown): TaskName | undefined {
    const value = typeof text === "string" ? this.#sealer.open(text, limits.taskIdCharsMax) : undefined;
    return Check(TaskName, value) ? value : undefined;
  }
}
