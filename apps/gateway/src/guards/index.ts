/** What stands in front of every request. Free of any framework: the server calls it before routing. */
export { acceptsEventStream, acceptsJson } from "./accept.ts";
export { isLoopbackHost, isWildcardHost } from "./bind-address.ts";
export { allowedMethods, checkRequest, type RequestFacts } from "./check-request.ts";
export { type GuardPolicy, type GuardSettings, makeGuardPolicy, readMachineNames } from "./guard-policy.ts";
export { bearerOf, checkSingleHeaders, singleHeaders } from "./headers.ts";
export { checkContentType, readBody } from "./read-body.ts";
export { type RequestPath, readPath } from "./read-path.ts";
