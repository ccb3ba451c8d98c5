/** What can be asked of a server, and what some of it needs besides the server's name. */
import { GatewayError, limits } from "@mcp-gateway/kit";
import { Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";
import { readBody } from "../guards/read-body.ts";

export const serverOperations = ["start", "stop", "restart", "login", "finish-login", "logout"] as const;
export type ServerOperation = (typeof serverOperations)[number];

export function isServerOperation(operation: string | null): operation is ServerOperation {
  return serverOperations.some((known) => known === operation);
}

const text = Type.String({ maxLength: limits.signInCallbackCharsMax });
const LoginBody = Type.Object({ redirectUri: text });
const FinishBody = Type.Object({ callback: text });

/** @throws GatewayError when the body is not what the operation needs */
export async function readInput(request: Request, operation: string | null): Promise<string | undefined> {
  if (operation !== "login" && operation !== "finish-login") return undefined;
  const value = parse(await readBody(request, limits.signInCallbackCharsMax * 2));
  if (operation === "login" && Check(LoginBody, value)) return value.redirectUri;
  if (operation === "finish-login" && Check(FinishBody, value)) return value.callback;
  const wanted = operation === "login" ? "redirectUri" : "callback";
  throw new GatewayError("invalid-params", `The body must be a JSON object with "${wanted}", a string.`);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new GatewayError("parse-error");
  }
}
