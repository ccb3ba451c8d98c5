/**
 * What must hold of every message that `readEnvelope` takes for a response, found by other means: `JSON.parse`, and
 * a slow reader that lists all members of the top level with their decoded keys, equal ones included.
 */

import {
  type Envelope,
  hopMemberSpans,
  hopMembers,
  type ResponseEnvelope,
  readEnvelope,
  resultStart,
  spliceId,
} from "@mcp-gateway/mcp";
import { deepEquals } from "bun";

const clientId = "the client's own id";
const clientIdBytes = Buffer.from(JSON.stringify(clientId));

/** What is wrong with the reading of `bytes`; `undefined`: nothing. */
export function envelopeViolation(bytes: Uint8Array): string | undefined {
  const read = readEnvelope(bytes);
  const parsed = parse(bytes);
  if (parsed === undefined) return read === undefined ? undefined : "it took what JSON.parse refuses";
  return read === undefined ? undefined : readingViolation(bytes, read, parsed.value);
}

function readingViolation(bytes: Uint8Array, read: Envelope, original: unknown): string | undefined {
  if (typeof original !== "object" || original === null || Array.isArray(original)) return "not an object";
  const keys = topLevelMembers(text(bytes)).map(([key]) => key);
  for (const key of ["id", "method", "result", "error", "jsonrpc"]) {
    if (keys.filter((other) => other === key).length > 1) return `${key} is there twice`;
  }
  if (read.kind !== "response" && keys.filter((key) => key === "params").length > 1)
    return "params are there twice";
  if (read.kind === "notification") return keys.includes("id") ? "a notification with an id" : undefined;
  if (read.kind === "response" && read.isPlain && !isPlainObject(Reflect.get(original, "result")))
    return "the result is not plain";
  if (read.kind === "response" && !read.isError && !areHopMembersFound(bytes, read, original))
    return "the hop members are not these";
  const id = text(bytes.subarray(read.idStart, read.idEnd));
  if (!deepEquals(JSON.parse(id), Reflect.get(original, "id"))) return `the id is not ${id}`;
  const spliced = spliceId(bytes, read.idStart, read.idEnd - read.idStart, clientIdBytes);
  const ids = topLevelMembers(text(spliced)).filter(([key]) => key === "id");
  if (ids.length !== 1 || ids[0]?.[1] !== text(clientIdBytes)) return `a reader sees ${JSON.stringify(ids)}`;
  Reflect.set(original, "id", clientId);
  return deepEquals(parse(spliced)?.value, original) ? undefined : "more than the id has changed";
}

function isPlainObject(result: unknown): boolean {
  const isObject = typeof result === "object" && result !== null && !Array.isArray(result);
  return isObject && !Object.keys(result).some(isHopMember);
}

/** With what the envelope says of their places, and without it. */
function areHopMembersFound(bytes: Uint8Array, { othersEnd }: ResponseEnvelope, original: object): boolean {
  const result: unknown = Reflect.get(original, "result");
  const isObject = typeof result === "object" && result !== null && !Array.isArray(result);
  const expected = isObject
    ? Object.fromEntries(Object.entries(result).filter(([name]) => isHopMember(name)))
    : undefined;
  return [othersEnd, 0].every((place) => {
    const spans = hopMemberSpans(bytes, resultStart(bytes) ?? 0, place);
    if (spans === undefined) return expected === undefined;
    const found = [...spans].map(([name, { start, end }]): [string, unknown] => [
      name,
      JSON.parse(text(bytes.subarray(start, end))),
    ]);
    return deepEquals(Object.fromEntries(found), expected);
  });
}

function isHopMember(name: string): boolean {
  return hopMembers.some((hop) => hop === name);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

function parse(bytes: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text(bytes)) };
  } catch {
    // Not JSON: that is the answer.
    return undefined;
  }
}

const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

/** All top-level members of well-formed JSON text: decoded key, and text of the value without white space. */
export function topLevelMembers(json: string): [key: string, value: string][] {
  const members: [string, string][] = [];
  let depth = 0;
  let key: string | undefined;
  let value = "";
  let atKey = true;
  const all = json.match(tokens) ?? [];
  for (const token of all.slice(1, -1)) {
    if (depth === 0 && token === "," && key !== undefined) {
      members.push([key, value]);
      atKey = true;
    } else if (depth === 0 && atKey) {
      key = String(JSON.parse(token));
      value = "";
      atKey = false;
    } else if (depth > 0 || token !== ":" || value !== "") {
      value += token;
    }
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
  }
  if (key !== undefined) members.push([key, value]);
  return members;
}
