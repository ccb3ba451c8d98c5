/** What a client hears of how its call ended: the backend's response, as the stateless revision says it. Pure. */
import { FrameFlag, flagsOf } from "@mcp-gateway/contract";
import { GatewayError, type JsonRpcErrorObject, toJsonRpcError } from "@mcp-gateway/kit";
import {
  applyEdits,
  errorBody,
  namedMembers,
  ObjectView,
  readEnvelope,
  resultStart,
  withIdBytes,
} from "@mcp-gateway/mcp";
import { missingCapability, undeclaredSentence } from "../dispatch/client-capabilities.ts";
import type { BackendResponse } from "../dispatch/context.ts";
import { type Completion, completeResult } from "./complete-result.ts";
import {
  missingCapabilityError,
  statusOf,
  translationOf,
  type UrlToOpen,
  urlsToOpen,
} from "./error-answer.ts";
import { declarationOf } from "./input-requests.ts";
import type { JsonObject } from "./meta-keys.ts";

export interface OutcomeContext extends Completion {
  readonly params: JsonObject | undefined;
  /** What the client declared, and what backends asked of it that it had not. */
  readonly capabilities: JsonObject;
  readonly missing: ReadonlySet<string>;
}

export type Outcome =
  | { readonly kind: "response"; readonly message: Uint8Array; readonly status: number }
  /** The user must open these first; then the request is to be made again. */
  | { readonly kind: "open-urls"; readonly urls: readonly UrlToOpen[] };

/** A response that was made or changed in this process, as if a backend had sent it so. */
export function responseIn(message: Uint8Array): BackendResponse {
  const envelope = readEnvelope(message);
  if (envelope?.kind !== "response") return responseIn(withIdBytes(errorBody(malformed), noId));
  const { idStart, idEnd, othersEnd: reference } = envelope;
  const found = { flags: flagsOf(envelope), reference, idStart, idLength: idEnd - idStart };
  return { payload: message, ...found, roomBytes: 0 };
}

const noId = Buffer.from("0");
const malformed = toJsonRpcError(new GatewayError("backend-malformed"));

export function outcomeOf(response: BackendResponse, context: OutcomeContext): Outcome {
  const { payload: message, idStart, idLength } = response;
  const isError = (response.flags & FrameFlag.error) !== 0;
  if (blamesRefusal(message, isError, context.missing))
    return failed(context, missingCapabilityError(declarationOf(context.missing)));
  if (!isError) {
    const complete = completeResult(response, context);
    if (complete === undefined) return failed(context, malformed);
    return { kind: "response", message: complete, status: 200 };
  }
  const view = ObjectView.at(message, 0);
  const error = view?.value("error") as JsonRpcErrorObject; // A checked error response.
  const urls = urlsToOpen(error);
  if (urls.length > 0) return open(urls, context);
  const { code, data } = translationOf(error, context.method, context.params) ?? error;
  const isAdded = data !== undefined && !Object.hasOwn(error, "data");
  const set = {
    ...(code === error.code ? {} : { code: String(code) }),
    ...(isAdded ? { data: JSON.stringify(data) } : {}),
  };
  const edits = view?.object("error")?.edits({ set }) ?? [];
  const id = { start: idStart, end: idStart + idLength, text: context.id };
  const translated = applyEdits(message, [id, ...edits]);
  return { kind: "response", message: translated, status: statusOf(code) };
}

export function failed({ id }: Pick<OutcomeContext, "id">, error: JsonRpcErrorObject): Outcome {
  return { kind: "response", message: withIdBytes(errorBody(error), id), status: statusOf(error.code) };
}

function open(urls: readonly UrlToOpen[], context: OutcomeContext): Outcome {
  const missing = missingCapability(context.capabilities, "elicitation/create", (name) =>
    name === "mode" ? "url" : undefined,
  );
  if (missing === undefined) return { kind: "open-urls", urls };
  return failed(context, missingCapabilityError(declarationOf([missing])));
}

/**
 * Whether a call failed because its client can't be asked: then the failure, an error or a tool's result,
 * repeats what its backend was told. A call that did without, or failed for another reason, does not.
 */
function blamesRefusal(message: Uint8Array, isError: boolean, missing: ReadonlySet<string>): boolean {
  if (missing.size === 0) return false;
  const buffer = Buffer.from(message.buffer, message.byteOffset, message.length);
  if (![...missing].some((path) => buffer.includes(undeclaredSentence(path)))) return false;
  if (isError) return true;
  const span = namedMembers(message, resultStart(message) ?? 0, ["isError"])?.get("isError");
  return span !== undefined && buffer.toString("latin1", span.start, span.end) === "true";
}
