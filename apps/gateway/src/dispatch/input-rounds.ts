/**
 * A backend of revision 2026-07-28 that has a question answers the request with `input_required` and is asked
 * again with the answers (Multi Round-Trip Requests). Here each question is put to the client in the
 * client's own way, and the request goes out again, until the backend has what it needs.
 */
import { GatewayError, limits } from "@mcp-gateway/kit";
import { ObjectView, parseExact, resultStart } from "@mcp-gateway/mcp";
import type { CallOwner } from "../link/calls.ts";
import type { Session } from "../sessions/session.ts";
import type { ReverseRequests } from "./reverse.ts";

type JsonObject = Readonly<Record<string, unknown>>;

export interface InputRequired {
  readonly requests: readonly Question[];
  /** Opaque; goes back as it came. */
  readonly requestState: unknown;
}

interface Question {
  readonly key: string;
  readonly method: string;
  /** JSON, as the backend spelt it. */
  readonly params: string;
}

const mark = Buffer.from('"input_required"');

/** The questions in a response; `undefined`: it is the final answer. Only a response that holds the words is read. */
export function inputRequiredIn(message: Uint8Array): InputRequired | undefined {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  if (bytes.indexOf(mark) === -1) return undefined;
  const result = ObjectView.at(message, resultStart(message) ?? message.length);
  if (result?.value("resultType") !== "input_required") return undefined;
  const asked = result.object("inputRequests");
  const state = result.text("requestState");
  return {
    requests: (asked?.keys ?? []).flatMap((key) => questionIn(key, asked?.object(key))),
    requestState: state === undefined ? undefined : parseExact(state),
  };
}

function questionIn(key: string, request: ObjectView | undefined): readonly Question[] {
  const method = request?.value("method");
  if (request === undefined || typeof method !== "string") return [];
  const params = request.object("params") === undefined ? undefined : request.text("params");
  return [{ key, method, params: params ?? "{}" }];
}

/**
 * Puts every question to the client and gathers the answers, as members for the next try's params.
 * @throws GatewayError when the client can't be asked or refuses to answer
 */
export async function answerInputs(
  reverse: ReverseRequests,
  session: Session,
  owner: CallOwner,
  { requests, requestState }: InputRequired,
): Promise<JsonObject> {
  if (requests.length > limits.inputQuestionsMax) {
    throw new GatewayError(
      "backend-malformed",
      `The server asks more than ${limits.inputQuestionsMax} questions at once.`,
    );
  }
  const answers = await Promise.all(
    requests.map(
      async ({ key, method, params }) => [key, await reverse.ask(session, owner, method, params)] as const,
    ),
  );
  return {
    inputResponses: Object.fromEntries(answers),
    ...(requestState === undefined ? {} : { requestState }),
  };
}
