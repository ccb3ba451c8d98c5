/** Which client was shown which URL elicitation, so that its completion is told to that client alone (2025-11-25). */
import { limits } from "@mcp-gateway/kit";
import type { Session } from "../sessions/session.ts";

type JsonObject = Readonly<Record<string, unknown>>;

export class Elicitations {
  /** Newest last. */
  readonly #byId = new Map<string, Session>();

  /** @param params of `elicitation/create`; only URL elicitations have an id */
  remember(session: Session, params: JsonObject): void {
    const id = params["elicitationId"];
    if (typeof id !== "string") return;
    this.#byId.set(id, session);
    const oldest = this.#byId.keys().next().value;
    if (this.#byId.size > limits.elicitationsRememberedMax && oldest !== undefined) this.#byId.delete(oldest);
  }

  /** @param params of `notifications/elicitation/complete` */
  take(params: JsonObject): Session | undefined {
    const id = params["elicitationId"];
    const session = typeof id === "string" ? this.#byId.get(id) : undefined;
    if (typeof id === "string") this.#byId.delete(id);
    return session;
  }
}
