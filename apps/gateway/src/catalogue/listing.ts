/**
 * What one backend lists, taken from its answers. Items keep their own bytes: only the name that clients
 * see is put in its place, so key order, big numbers and fields nobody here knows stay as they were.
 */
import {
  aliasName,
  arrayElementSpans,
  exposedName,
  memberSpans,
  ownName,
  replaceStringMember,
} from "@mcp-gateway/mcp";

/** Kinds of things a backend can list, with the method, the member of the result, and what names an item. */
export const listKinds = {
  tools: { method: "tools/list", member: "tools", key: "name", capability: "tools" },
  prompts: { method: "prompts/list", member: "prompts", key: "name", capability: "prompts" },
  resources: { method: "resources/list", member: "resources", key: "uri", capability: "resources" },
  resourceTemplates: {
    method: "resources/templates/list",
    member: "resourceTemplates",
    key: "uriTemplate",
    capability: "resources",
  },
} as const;
export type ListKind = keyof typeof listKinds;
export const listKindNames = Object.keys(listKinds) as readonly ListKind[]; // The keys of a literal are exactly these.

export interface ListItem {
  readonly server: string;
  /** The backend's own name, URI or URI template. */
  readonly key: string;
  /** What clients of the merged face see in its place. */
  readonly exposedKey: string;
  /** The item's JSON as the backend sent it. */
  readonly ownText: string;
  /** The same with the exposed key. */
  readonly exposedText: string;
  /** First line of the description or title, for people. */
  readonly summary: string;
}

export interface Listing {
  readonly tools: readonly ListItem[];
  readonly prompts: readonly ListItem[];
  readonly resources: readonly ListItem[];
  readonly resourceTemplates: readonly ListItem[];
  readonly warnings: readonly string[];
}

export const emptyListing: Listing = {
  tools: [],
  prompts: [],
  resources: [],
  resourceTemplates: [],
  warnings: [],
};

export interface ListPage {
  readonly items: readonly ListItem[];
  readonly nextCursor: string | undefined;
  readonly warnings: readonly string[];
}

/** Whose items they are, and under which names they are shown. */
export interface Naming {
  readonly server: string;
  readonly separator: "__" | "/";
  /** Its names are shown alone where they can be. */
  readonly showsOwn: boolean;
}

/** One page of a list. `undefined`: the answer is not a list. An error object is the caller's to see first. */
export function readListPage(message: string, kind: ListKind, naming: Naming): ListPage | undefined {
  const { member } = listKinds[kind];
  const result = memberSpans(message)?.get("result");
  if (result === undefined) return undefined;
  const members = memberSpans(message, result.start);
  const list = members?.get(member);
  if (members === undefined || list === undefined || message[list.start] !== "[") return undefined;
  const warnings: string[] = [];
  const items: ListItem[] = [];
  for (const span of arrayElementSpans(message, list.start)) {
    const item = readItem(message.slice(span.start, span.end), kind, naming);
    if (typeof item === "string") warnings.push(item);
    else items.push(item);
  }
  return { items, nextCursor: readCursor(message, members.get("nextCursor")), warnings };
}

function readCursor(message: string, span: { start: number; end: number } | undefined): string | undefined {
  if (span === undefined) return undefined;
  const value: unknown = JSON.parse(message.slice(span.start, span.end));
  return typeof value === "string" ? value : undefined;
}

/** @returns what is wrong with it, when it is left out */
export function readItem(text: string, kind: ListKind, naming: Naming): ListItem | string {
  const { server, separator, showsOwn } = naming;
  const { key: keyMember } = listKinds[kind];
  const value = parseObject(text);
  if (value === undefined) return `${kind}: an item is not an object and was left out`;
  const key = value[keyMember];
  if (typeof key !== "string" || key === "") return `${kind}: an item without ${keyMember} was left out`;
  const own = keyMember === "name" && !showsOwn ? undefined : ownKey(key, keyMember);
  const exposedKey = own ?? exposedName(server, key, separator);
  const exposedText = exposedKey === key ? text : replaceStringMember(text, keyMember, exposedKey);
  if (exposedText === undefined) return `${kind}: ${key} has an ambiguous ${keyMember} and was left out`;
  return { server, key, exposedKey, ownText: text, exposedText, summary: summaryOf(value) };
}

/** What stands as it is: any URI, and a name that can be no other server's. */
function ownKey(key: string, keyMember: "name" | "uri" | "uriTemplate"): string | undefined {
  return keyMember === "name" ? ownName(key) : key;
}

/** The item under another key, for a resource whose URI another server already has. */
export function withExposedKey(item: ListItem, kind: ListKind, exposedKey: string): ListItem {
  const exposedText = replaceStringMember(item.ownText, listKinds[kind].key, exposedKey) ?? item.exposedText;
  return { ...item, exposedKey, exposedText };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // Checked here to be an object; its members stay unknown.
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // An item that is no JSON is left out like one that is no object.
  }
}

function summaryOf(value: Record<string, unknown>): string {
  const text = [value["description"], value["title"]].find(
    (candidate) => typeof candidate === "string" && candidate.trim() !== "",
  );
  if (typeof text !== "string") return "";
  return text.trim().split("\n", 1)[0]?.trim().slice(0, 200) ?? "";
}

/** What was read again: the lists that say the same stay the ones they were, with all that was made of them. */
export function listingKeeping(before: Listing, now: Listing): Listing {
  const list = (kind: ListKind): readonly ListItem[] =>
    haveSameItems(before[kind], now[kind]) ? before[kind] : now[kind];
  return {
    tools: list("tools"),
    prompts: list("prompts"),
    resources: list("resources"),
    resourceTemplates: list("resourceTemplates"),
    warnings: now.warnings,
  };
}

function haveSameItems(some: readonly ListItem[], others: readonly ListItem[]): boolean {
  return some.length === others.length && some.every((item, at) => isSame(item, others[at]));
}

function isSame(item: ListItem, other: ListItem | undefined): boolean {
  return (
    item === other ||
    (item.server === other?.server &&
      item.exposedText === other.exposedText &&
      item.ownText === other.ownText)
  );
}

/** The name people read: `server/tool`. */
export function aliasOf({ server, key }: ListItem): string {
  return aliasName(server, key);
}

/** Under which a tool or prompt may always be called: `server/tool`, and `server__tool` where another form is shown. */
export function aliasesOf(item: ListItem): readonly string[] {
  const alias = aliasOf(item);
  const isQualified = item.exposedKey !== item.key && item.exposedKey !== alias;
  return isQualified ? [alias] : [alias, exposedName(item.server, item.key, "__")];
}
