/**
 * One kind of things of all servers, merged. Immutable: the next one shares with this one whatever a change leaves
 * alone, so that a change of one server costs what that server lists. Pure.
 *
 * Exposed names are unique by construction between servers. URIs are the servers' own: the first server in the
 * configuration keeps a URI, and those of later ones are shown qualified. A URI that a server really lists is never
 * taken by a qualified one.
 */
import { uriTemplateMatcher } from "@mcp-gateway/mcp";
import { Claims } from "./claims.ts";
import { FaceList, Segment } from "./face.ts";
import { aliasesOf, type ListItem, type ListKind, listKinds, withExposedKey } from "./listing.ts";

/** The items of one kind that one server listed before, and lists now; none has a name that another one of them has. */
export interface ListChange {
  readonly server: string;
  readonly before: readonly ListItem[];
  readonly after: readonly ListItem[];
}

/** Where each server stands in the configuration; iterated in this order. */
export type Ranks = ReadonlyMap<string, number>;

/** What one server shows of what it lists. */
interface Shown {
  readonly listed: readonly ListItem[];
  readonly segment: Segment;
  /** Items whose URI is another server's, by the one under which they are shown. */
  readonly qualified: ReadonlyMap<string, ListItem>;
  readonly warnings: readonly string[];
}

interface Matcher {
  readonly item: ListItem;
  readonly matches: (uri: string) => boolean;
}

export class MergedList {
  readonly list: FaceList;
  readonly #claims: Claims;
  readonly #aliases: Claims;
  /** In no order. Servers that list nothing are left out. */
  readonly #shown: ReadonlyMap<string, Shown>;
  #matchers: readonly Matcher[] | undefined;

  private constructor(list: FaceList, claims: Claims, aliases: Claims, shown: ReadonlyMap<string, Shown>) {
    this.list = list;
    this.#claims = claims;
    this.#aliases = aliases;
    this.#shown = shown;
  }

  static empty(kind: ListKind): MergedList {
    const claims = Claims.none(({ exposedKey }) => [exposedKey]);
    // Exposed names win over these: `server/tool` of one can't hide what another really exposes.
    const aliases = Claims.none(hasNames(kind) ? aliasesOf : () => []);
    return new MergedList(new FaceList(kind, []), claims, aliases, new Map());
  }

  /** @param ranks servers that were there before stand in the same order as before */
  next(changes: readonly ListChange[], ranks: Ranks): MergedList {
    if (changes.length === 0) return this;
    const { kind } = this.list;
    const removed = changes.flatMap(({ before }) => before);
    const added = changes.flatMap(({ after }) => after);
    const rankOf = (server: string): number => ranks.get(server) ?? ranks.size;
    const claims = this.#claims.changed(removed, added, rankOf);
    const aliases = this.#aliases.changed(removed, added, rankOf);
    const listed = new Map(changes.map(({ server, after }) => [server, after]));
    for (const server of this.#touched([...removed, ...added], claims))
      if (!listed.has(server)) listed.set(server, this.#shown.get(server)?.listed ?? []);
    const shown = new Map(this.#shown);
    for (const [server, items] of listed)
      if (items.length === 0) shown.delete(server);
      else shown.set(server, resolve(server, kind, items, claims));
    return new MergedList(new FaceList(kind, segmentsOf(shown, ranks)), claims, aliases, shown);
  }

  /** Servers whose items are shown in another way because somebody else's came or went. */
  #touched(items: readonly ListItem[], now: Claims): ReadonlySet<string> {
    const servers = new Set<string>();
    if (!this.#claims.isContested && !now.isContested) return servers;
    for (const { exposedKey } of items) {
      const [before, after] = [this.#claims.of(exposedKey)[0], now.of(exposedKey)[0]];
      if (before?.server === after?.server) continue;
      if (before !== undefined) servers.add(before.server);
      if (after !== undefined) servers.add(after.server);
      // A URI that is listed really takes the place of a qualified one, and gives it back.
      const server = serverOfQualified(exposedKey);
      if (server !== undefined) servers.add(server);
    }
    return servers;
  }

  /** By exposed name, or by one of the other forms under which it may be called. */
  find(key: string): ListItem | undefined {
    return this.#claims.of(key)[0] ?? this.#aliases.of(key)[0] ?? this.#qualified(key);
  }

  #qualified(key: string): ListItem | undefined {
    const server = serverOfQualified(key);
    return server === undefined ? undefined : this.#shown.get(server)?.qualified.get(key);
  }

  /** Those whose URI template fits, in order. */
  matching(uri: string): readonly ListItem[] {
    this.#matchers ??= this.list.items.flatMap((item) => {
      const matches = matcherOf(item);
      return matches === undefined ? [] : [{ item, matches }];
    });
    return this.#matchers.filter(({ matches }) => matches(uri)).map(({ item }) => item);
  }

  warnings(server: string): readonly string[] {
    return this.#shown.get(server)?.warnings ?? [];
  }
}

function hasNames(kind: ListKind): boolean {
  return listKinds[kind].key === "name";
}

function resolve(server: string, kind: ListKind, listed: readonly ListItem[], claims: Claims): Shown {
  const qualified = new Map<string, ListItem>();
  const warnings: string[] = [];
  const isFirst = ({ exposedKey }: ListItem): boolean =>
    !claims.isContested || claims.of(exposedKey)[0]?.server === server;
  const place = (item: ListItem): ListItem | undefined => {
    if (isFirst(item)) return item;
    const key = qualifiedUri(server, item.key);
    if (hasNames(kind) || claims.of(key).length > 0) {
      warnings.push(listedTwice(kind, item));
      return undefined;
    }
    const placed = withExposedKey(item, kind, key);
    qualified.set(key, placed);
    return placed;
  };
  const items = listed.every(isFirst) ? listed : listed.map(place).filter((item) => item !== undefined);
  return { listed, segment: new Segment(items, ({ exposedText }) => exposedText), qualified, warnings };
}

export function listedTwice(kind: ListKind, { key }: ListItem): string {
  return `${kind}: "${key}" is listed twice; the first one is used`;
}

function segmentsOf(shown: ReadonlyMap<string, Shown>, ranks: Ranks): readonly Segment[] {
  const segments: Segment[] = [];
  for (const server of ranks.keys()) {
    const segment = shown.get(server)?.segment;
    if (segment !== undefined && segment.items.length > 0) segments.push(segment);
  }
  return segments;
}

const qualifiedStart = "mcp-gateway://";

function qualifiedUri(server: string, uri: string): string {
  return `${qualifiedStart}${encodeURIComponent(server)}/${uri}`;
}

/** Where the key is a qualified URI: whose. */
function serverOfQualified(key: string): string | undefined {
  if (!key.startsWith(qualifiedStart)) return undefined;
  const end = key.indexOf("/", qualifiedStart.length);
  if (end === -1) return undefined;
  try {
    return decodeURIComponent(key.slice(qualifiedStart.length, end));
  } catch {
    return undefined; // Some server's own URI, which only looks like one.
  }
}

const matchers = new WeakMap<ListItem, { readonly matches: Matcher["matches"] | undefined }>();

function matcherOf(item: ListItem): Matcher["matches"] | undefined {
  let known = matchers.get(item);
  if (known === undefined) {
    known = { matches: uriTemplateMatcher(item.exposedKey) };
    matchers.set(item, known);
  }
  return known.matches;
}
