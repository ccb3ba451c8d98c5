/**
 * The `requestState` that a client brings back when it retries a request with what was asked of it (2026-07-28,
 * Multi Round-Trip Requests). It is sealed, so that nobody can read, change or make one, and says whose it is: which principal, which face, which request, until when. The key lives as long as this process,
 * as the calls do that a state leads to.
 */
import { limits } from "@mcp-gateway/kit";
import { type Static, Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";
import { isObject, type JsonObject } from "./meta-keys.ts";
import { Sealer, sealKeyBytes } from "./sealer.ts";

const RequestState = Type.Object({
  /** The parked call it leads to; empty: the request is simply to be made again. */
  call: Type.String(),
  /** Each answer has its own state; an older one is of no use any more. */
  round: Type.Integer(),
  /** On the process's own clock. */
  expiresMs: Type.Number(),
  /** Whose it is: digest of the credential, face, digest of the request. */
  binding: Type.String(),
});
export type RequestState = Static<typeof RequestState>;

export class RequestStateCodec {
  readonly #sealer = new Sealer(crypto.getRandomValues(new Uint8Array(sealKeyBytes)));
  readonly #mark: string;

  /** @param mark stands before each state, so that every worker sees whose it is; empty for one process */
  constructor(mark: string) {
    this.#mark = mark;
  }

  seal(state: RequestState): string {
    return this.#mark + this.#sealer.seal(state);
  }

  /** `undefined`: not made by this process, or changed on the way. */
  open(marked: string): RequestState | undefined {
    if (!marked.startsWith(this.#mark)) return undefined;
    const value = this.#sealer.open(marked.slice(this.#mark.length), limits.requestStateCharsMax);
    return Check(RequestState, value) ? value : undefined;
  }
}

const nobody = digest("");
let lastPrincipal = { authorization: "", principal: nobody };

/** Whose a request is: clients with the same credential are one. */
export function principalOf(authorization: string | null): string {
  if (authorization === null) return nobody;
  // Most clients are the one who came last.
  if (lastPrincipal.authorization !== authorization)
    lastPrincipal = { authorization, principal: digest(authorization) };
  return lastPrincipal.principal;
}

/** Who may go on with a request: the same principal, on the same face, with the same request. */
export function bindingOf(
  principal: string,
  server: string | undefined,
  method: string,
  params: JsonObject | undefined,
): string {
  const { _meta, inputResponses: _responses, requestState: _state, ...own } = params ?? {};
  return digest(JSON.stringify([principal, server ?? null, method, canonical(own)]));
}

function digest(text: string): string {
  return new Bun.CryptoHasher("sha256").update(text).digest("base64url");
}

/** Clients need not repeat the order of keys. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) return value;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return { members: members.map(([key, member]) => [key, canonical(member)]) };
}
