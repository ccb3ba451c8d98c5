/**
 * Turns the result of a backend with sessions into one of the stateless revision: `resultType`, the server's
 * identity in `_meta`, and caching hints where the method has them. By bytes: the rest stays as it came. Pure.
 */
import { limits } from "@mcp-gateway/kit";
import { applyEdits, type Edit, Method, namedMembers, resultStart, surelyWithout } from "@mcp-gateway/mcp";
import { metaKeys } from "./meta-keys.ts";

/** Of the whole answer: where its id stands, and what to put there. */
export interface IdEdit {
  readonly start: number;
  readonly end: number;
  readonly id: Uint8Array;
}

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
export function additionsFor(method: string, resultType: ResultType = "complete"): readonly Addition[] {
  const ttlMs = cacheTtlMs.get(method);
  const type = { name: "resultType", value: `"${resultType}"` };
  if (ttlMs === undefined) return [type];
  return [type, { name: "ttlMs", value: String(ttlMs) }, { name: "cacheScope", value: '"private"' }];
}

/** `"resultType":"complete",…,"_meta":{…}` for results made here. */
export function completeMembers(method: string, serverInfo: string, resultType?: ResultType): string {
  const members = additionsFor(method, resultType).map(({ name, value }) => `"${name}":${value}`);
  return `${members.join(",")},"_meta":{"${metaKeys.serverInfo}":${serverInfo}}`;
}

/**
 * @param message a response with a result, checked by `readEnvelope`
 * @param serverInfo JSON
 * @returns `undefined` when the result is no object
 */
export function completeResult(
  message: Uint8Array,
  id: IdEdit,
  method: string,
  serverInfo: string,
  resultType: ResultType = "complete",
): Uint8Array | undefined {
  const start = resultStart(message);
  if (start === undefined || message[start] !== openBrace) return undefined;
  const additions = additionsFor(method, resultType);
  const names = [...additions.map(({ name }) => name), "_meta"];
  const idEdit = { start: id.start, end: id.end, text: id.id };
  if (surelyWithout(message, start, names)) {
    const front = insertion(message, start, completeMembers(method, serverInfo, resultType));
    return applyEdits(message, [idEdit, front]);
  }
  const found = namedMembers(message, start, names);
  if (found === undefined) return undefined;
  const edits: Edit[] = [idEdit];
  const absent: string[] = [];
  for (const { name, value } of additions) {
    const span = found.get(name);
    if (span === undefined) absent.push(`"${name}":${value}`);
    else edits.push({ ...span, text: Buffer.from(value) });
  }
  const identity = `"${metaKeys.serverInfo}":${serverInfo}`;
  const meta = found.get("_meta");
  if (meta === undefined) absent.push(`"_meta":{${identity}}`);
  else edits.push(...metaEdits(message, meta, identity, serverInfo));
  if (absent.length > 0) edits.push(insertion(message, start, absent.join(",")));
  return applyEdits(message, edits);
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
  return [insertion(message, meta.start, identity)];
}

/** Members put at the beginning of the object at `start`. */
function insertion(message: Uint8Array, start: number, members: string): Edit {
  let next = start + 1;
  while ((message[next] ?? 0) <= 0x20) next += 1; // White space: an empty object may be written with it.
  const text = Buffer.from(message[next] === closeBrace ? members : `${members},`);
  return { start: start + 1, end: start + 1, text };
}
