/** Tokens: whether one is needed, where it is kept, whether the right one was sent. */

export { isLoopbackHost, isWildcardHost } from "../guards/bind-address.ts";
export { type Access, Authorizer } from "./authorize.ts";
export { type AuthDecision, type AuthSettings, decideAuth, keptToken } from "./decide-auth.ts";
export { needsClientToken } from "./path-access.ts";
