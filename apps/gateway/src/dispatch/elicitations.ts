/** Which client was shown which URL elicitation, so that its completion is told to that client alone (2025-11-25). */
import { limits } from "@mcp-gateway/kit";
import type { Session } from "../sessions/session.ts";

export class Elicitations {
  /** Newest last. */
  readonly #byId = new Map<string, Session>();

  /** @param id of an `elicitation/create`; only URL elicitations have one */
  remember(session: Session, id: unknown): void {
    if (typeof id !== "string") return;
    this.#byId.set(id, session);
    const oldest = this.#byId.keys().next().value;
    if (this.#byId.size > limits.elicitationsRememberedMax && oldest !== undefined) this.#byId.delete(oldest);
  }

  /** @param id of a `notifications/elicitation/complete` */
  take(id: unknown): Session | undefined {
    const session = typeof id === "string" ? this.#byId.get(id) : undefined;
    if (typeof id === "string") this.#byId.delete(id);
    return session;
  }
}
