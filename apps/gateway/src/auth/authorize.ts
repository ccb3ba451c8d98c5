/** Is this Authorization header good enough for what is asked? */
import { GatewayError } from "@mcp-gateway/kit";
import { bearerOf } from "../guards/headers.ts";
import type { AuthDecision } from "./decide-auth.ts";

/**
 * `client`: MCP itself · `read`: looking at status, tools and metrics · `admin`: changing something.
 * The admin token is for people and opens no MCP session: it must not end up in a client's configuration.
 */
export type Access = "client" | "read" | "admin";

export class Authorizer {
  readonly #required: boolean;
  readonly #client: Uint8Array | undefined;
  readonly #admin: Uint8Array;

  constructor(decision: AuthDecision) {
    if (decision.required && decision.token === undefined)
      throw new Error("auth: a token is required and there is none");
    this.#required = decision.required;
    this.#client = decision.token === undefined ? undefined : digest(decision.token);
    this.#admin = digest(decision.adminToken);
  }

  /** @returns the reason to refuse; undefined: go on */
  check(header: string | null, access: Access): GatewayError | undefined {
    if (access !== "admin" && !this.#required) return undefined;
    const given = bearerOf(header);
    if (given !== undefined && this.#accepts(digest(given), access)) return undefined;
    // The same answer for a missing, a malformed and a wrong token.
    return new GatewayError("unauthorized");
  }

  #accepts(given: Uint8Array, access: Access): boolean {
    switch (access) {
      case "client":
        return same(given, this.#client);
      case "admin":
        return same(given, this.#admin);
      case "read": {
        const isClient = same(given, this.#client);
        return same(given, this.#admin) || isClient;
      }
      default: {
        const never: never = access;
        return never;
      }
    }
  }
}

/** Digests have one length, so the comparison takes the same time for every token. */
function same(given: Uint8Array, expected: Uint8Array | undefined): boolean {
  return expected !== undefined && crypto.timingSafeEqual(given, expected);
}

function digest(token: string): Uint8Array {
  return new Bun.CryptoHasher("sha256").update(token).digest();
}
