/**
 * Turns the result of a backend with sessions into one of the stateless revision: `resultType`, the server's
 * identity in `_meta`, and caching hints where the method has them. By bytes: the rest stays as it came. Pure.
 */
import { FrameFlag } from "@mcp-gateway/contract";
import { limits } from "@mcp-gateway/kit";
import {
  applyOwnEdits,
  type Edit,
  hopMemberSpans,
  isKnownMethod,
  Method,
  namedMembers,
  resultStart,
} from "@mcp-gateway/mcp";
import type { BackendResponse } from "../dispatch/context.ts";
import { metaKeys } from "./meta-keys.ts";

/** `task`: the call goes on as a task, whose state this is (the tasks extension). */
export type ResultType = "complete" | "task";

interface Addition {
  readonly name: string;
  readonly value: string;
}

const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * How long results may be kept, and by whom. What this gateway lists is nobody else's, and a change is told
 * to whoever listens; a resource's content is the backend's, which gave no promise.
 */
const cacheTtlMs = new Map<string, number>([
  [Method.serverDiscover, limits.listTtlMs],
  [Method.toolsList, limits.listTtlMs],
  [Method.promptsList, limits.listTtlMs],
  [Method.resourcesList, limits.listTtlMs],
  [Method.resourceTemplatesList, limits.listTtlMs],
  [Method.resourcesRead, 0],
]);

/** The members that a result of this method has besides its own, as the beginning of an object's text. */
export function additionsFor(method: string, resultType: ResultType): readonly Addition[] {
  const ttlMs = cacheTtlMs.get(method);
  const type = { name: "resultType", value: `"${resultType}"` };
  if (ttlMs === undefined) return [type];
  return [type, { name: "ttlMs", value: String(ttlMs) }, { name: "cacheScope", value: '"private"' }];
}

/** `"resultType":"complete",…,"_meta":{…}` for results made here. */
export function completeMembers(
  method: string,
  serverInfo: string,
  resultType: ResultType = "complete",
): string {
  const members = additionsFor(method, resultType).map(({ name, value }) => `"${name}":${value}`);
  return `${members.join(",")},"_meta":{"${metaKeys.serverInfo}":${serverInfo}}`;
}

export interface Completion {
  /** The client's id as JSON. */
  readonly id: Uint8Array;
  readonly method: string;
  /** JSON. */
  readonly serverInfo: string;
  readonly resultType: ResultType;
}

/**
 * @param response one with a result; its bytes may be changed in place
 * @returns `undefined` when the result is no object
 */
export function completeResult(response: BackendResponse, completion: Completion): Uint8Array | undefined {
  const { payload: message, flags, reference: othersEnd, idStart, idLength, roomBytes } = response;
  const start = resultStart(message);
  if (start === undefined || message[start] !== openBrace) return undefined;
  const id = { start: idStart, end: idStart + idLength, text: completion.id };
  const edits =
    (flags & FrameFlag.plain) === 0
      ? memberEdits(message, start, othersEnd, completion)
      : [insertion(message, start, frontOf(completion))];
  return edits === undefined ? undefined : applyOwnEdits(message, [id, ...edits], roomBytes);
}

interface Front extends Pick<Completion, "serverInfo" | "resultType"> {
  readonly members: Uint8Array;
}

/** By method: what was put in front of a result last, which is nearly always what the next one needs. */
const fronts = new Map<string, Front>();

/** With a comma behind. */
function frontOf(completion: Completion): Uint8Array {
  const { method, serverInfo, resultType } = completion;
  const known = fronts.get(method);
  if (known?.serverInfo === serverInfo && known.resultType === resultType) return known.members;
  const members = Buffer.from(`${completeMembers(method, serverInfo, resultType)},`);
  if (isKnownMethod(method)) fronts.set(method, { serverInfo, resultType, members });
  return members;
}

/** Some of the members may be there already. */
function memberEdits(
  message: Uint8Array,
  start: number,
  othersEnd: number,
  { method, serverInfo, resultType }: Completion,
): readonly Edit[] | undefined {
  const found = hopMemberSpans(message, start, othersEnd);
  if (found === undefined) return undefined;
  const edits: Edit[] = [];
  const absent: string[] = [];
  for (const { name, value } of additionsFor(method, resultType)) {
    const span = found.get(name);
    if (span === undefined) absent.push(`"${name}":${value}`);
    else edits.push({ ...span, text: Buffer.from(value) });
  }
  const identity = `"${metaKeys.serverInfo}":${serverInfo}`;
  const meta = found.get("_meta");
  if (meta === undefined) absent.push(`"_meta":{${identity}}`);
  else edits.push(...metaEdits(message, meta, identity, serverInfo));
  if (absent.length > 0) edits.push(insertion(message, start, Buffer.from(`${absent.join(",")},`)));
  return edits;
}

/** The backend's own `_meta` stays; only who answers is said anew on each hop. */
function metaEdits(
  message: Uint8Array,
  meta: { readonly start: number; readonly end: number },
  identity: string,
  serverInfo: string,
): readonly Edit[] {
  if (message[meta.start] !== openBrace) return [{ ...meta, text: Buffer.from(`{${identity}}`) }];
  const own = namedMembers(message, meta.start, [metaKeys.serverInfo])?.get(metaKeys.serverInfo);
  if (own !== undefined) return [{ ...own, text: Buffer.from(serverInfo) }];
  return [insertion(message, meta.start, Buffer.from(`${identity},`))];
}

/** Members, with a comma behind, put at the beginning of the object at `start`. */
function insertion(message: Uint8Array, start: number, members: Uint8Array): Edit {
  let next = start + 1;
  while ((message[next] ?? 0) <= 0x20) next += 1; // White space: an empty object may be written with it.
  const text = message[next] === closeBrace ? members.subarray(0, -1) : members;
  return { start: start + 1, end: start + 1, text };
}
