/**
 * Questions of backends (sampling, elicitation, roots) as the stateless revision puts them: members of an
 * `input_required` result, each under a key of its own, answered by the client's next try. Pure.
 */

import { MessageView, resultBody } from "@mcp-gateway/mcp";
import { type TSchema, Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";
import type { UrlToOpen } from "./error-answer.ts";
import { isObject, isReserved, type JsonObject, metaKeys, withoutReserved } from "./meta-keys.ts";

/** By which a backend may name its own question, in the `_meta` of its request. */
export const inputKeyMeta = "mcp-gateway/inputKey";
const usableKey = /^[A-Za-z0-9_.-]{1,64}$/;

export interface InputRequest {
  readonly method: string;
  /** JSON. */
  readonly params: string;
}

/** The name a backend gave its question; undefined: it gave none that can be used. */
export function ownKeyOf(question: MessageView): string | undefined {
  const key = question.meta?.value(inputKeyMeta);
  return typeof key === "string" && usableKey.test(key) ? key : undefined;
}

/** `elicitation-1`, `sampling-2`: the first that is free. */
export function freeKey(method: string, isTaken: (key: string) => boolean): string {
  const kind = method.slice(0, method.indexOf("/"));
  for (let number = 1; ; number += 1) {
    const key = `${kind}-${number}`;
    if (!isTaken(key)) return key;
  }
}

/** The request less what this revision does not have: progress of a client's, ids of a URL elicitation. */
export function inputRequestOf(question: MessageView): InputRequest {
  const { method, meta } = question;
  const isOfHop = (key: string): boolean =>
    key === "progressToken" || key === inputKeyMeta || isReserved(key);
  const dropped = meta?.keys.every(isOfHop) === false ? ["elicitationId"] : ["elicitationId", "_meta"];
  const drop = (key: string): boolean => dropped.includes(key);
  const message = question.with({ params: { drop }, ...(drop("_meta") ? {} : { meta: { drop: isOfHop } }) });
  const changed = message === undefined ? undefined : MessageView.read(message);
  return { method, params: changed?.params === undefined ? "{}" : (changed.paramsText ?? "{}") };
}

/** What the user must open, as questions. */
export function openRequests(urls: readonly UrlToOpen[]): Readonly<Record<string, InputRequest>> {
  const params = urls.map(({ message, url }) => JSON.stringify({ mode: "url", message, url }));
  return Object.fromEntries(
    params.map((one, index) => [`open-${index + 1}`, { method: "elicitation/create", params: one }]),
  );
}

/** The id-less body of an answer that asks. @param serverInfo JSON */
export function inputRequiredBody(
  inputRequests: Readonly<Record<string, InputRequest>>,
  requestState: string,
  serverInfo: string,
): Uint8Array {
  const requests = Object.entries(inputRequests).map(
    ([key, { method, params }]) =>
      `${JSON.stringify(key)}:{"method":${JSON.stringify(method)},"params":${params}}`,
  );
  const asked = `"inputRequests":{${requests.join(",")}},"requestState":${JSON.stringify(requestState)}`;
  const meta = `"_meta":{"${metaKeys.serverInfo}":${serverInfo}}`;
  return resultBody(`{"resultType":"input_required",${asked},${meta}}`);
}

const open = { additionalProperties: true } as const;
const answers: Readonly<Record<string, TSchema>> = {
  "elicitation/create": Type.Object(
    {
      action: Type.Union(["accept", "decline", "cancel"].map((action) => Type.Literal(action))),
      content: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    },
    open,
  ),
  "sampling/createMessage": Type.Object(
    { role: Type.String(), content: Type.Unknown(), model: Type.String() },
    open,
  ),
  "roots/list": Type.Object({ roots: Type.Array(Type.Object({ uri: Type.String() }, open)) }, open),
};

/** Whether this can be the answer to such a question. */
export function isAnswerTo(method: string, answer: unknown): answer is JsonObject {
  if (!isObject(answer)) return false;
  const schema = Object.hasOwn(answers, method) ? answers[method] : undefined;
  return schema === undefined || Check(schema, answer);
}

/** A client's answer as a backend with sessions shall see it. */
export function backendAnswer(answer: JsonObject): JsonObject {
  const { resultType: _type, _meta, ...rest } = answer;
  return isObject(_meta) ? { ...rest, _meta: withoutReserved(_meta) } : rest;
}

/** `sampling.tools` → `{"sampling":{"tools":{}}}`: capabilities as a client would declare them. */
export function declarationOf(paths: Iterable<string>): JsonObject {
  const declaration: Record<string, Record<string, object>> = {};
  for (const path of paths) {
    const [name = "", part] = path.split(".");
    const members = declaration[name] ?? {};
    declaration[name] = part === undefined ? members : { ...members, [part]: {} };
  }
  return declaration;
}
