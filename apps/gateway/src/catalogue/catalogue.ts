/**
 * Everything the backends offer, merged: an immutable snapshot with look-ups and prepared answers. The next snapshot
 * is made from the one before and costs what the servers that changed list; it equals the one that would be made from
 * nothing. Pure: the order is the configuration's, so that nothing depends on who was faster.
 */
import { type Face, type FaceList, faceOf, ownList } from "./face.ts";
import { emptyListing, type ListItem, type Listing, type ListKind, listKindNames } from "./listing.ts";
import { type ListChange, listedTwice, MergedList, type Ranks } from "./merged-list.ts";

export interface ServerListing {
  readonly server: string;
  readonly listing: Listing;
}

/** What one server brings of one kind. */
interface PartList {
  readonly listed: readonly ListItem[];
  /** Without what it lists twice. */
  readonly items: readonly ListItem[];
  readonly warnings: readonly string[];
  readonly own: FaceList;
}
interface Part {
  readonly lists: Readonly<Record<ListKind, PartList>>;
  /** Its own face. */
  readonly face: Face;
}

export class Catalogue {
  readonly merged: Face;
  /** In the order of the configuration. */
  readonly #parts: ReadonlyMap<string, Part>;
  readonly #lists: Readonly<Record<ListKind, MergedList>>;

  private constructor(parts: ReadonlyMap<string, Part>, lists: Readonly<Record<ListKind, MergedList>>) {
    this.#parts = parts;
    this.#lists = lists;
    this.merged = faceOf((kind) => lists[kind].list);
  }

  static readonly empty = new Catalogue(new Map(), {
    tools: MergedList.empty("tools"),
    prompts: MergedList.empty("prompts"),
    resources: MergedList.empty("resources"),
    resourceTemplates: MergedList.empty("resourceTemplates"),
  });

  static of(listings: readonly ServerListing[]): Catalogue {
    return Catalogue.empty.next(listings);
  }

  /** @param listings of all servers. @returns this one when nothing is different */
  next(listings: readonly ServerListing[]): Catalogue {
    const before = this.#parts;
    const names = listings.map(({ server }) => server);
    const retained = names.filter((server) => before.has(server));
    // Somebody has turned the configuration round: rare, and everything may be shown in another way.
    if (!isInOrder(retained, [...before.keys()])) return Catalogue.of(listings);
    const parts = new Map(
      listings.map(({ server, listing }) => [server, nextPart(before.get(server), listing)]),
    );
    const touched = listings.filter(({ server }) => parts.get(server) !== before.get(server));
    const changed = touched.map(({ server }) => server);
    for (const server of before.keys()) if (!parts.has(server)) changed.push(server);
    if (changed.length === 0) return this;
    const ranks: Ranks = new Map(names.map((server, rank) => [server, rank]));
    const list = (kind: ListKind): MergedList =>
      this.#lists[kind].next(changesOf(kind, changed, before, parts), ranks);
    return new Catalogue(parts, {
      tools: list("tools"),
      prompts: list("prompts"),
      resources: list("resources"),
      resourceTemplates: list("resourceTemplates"),
    });
  }

  /** A server's own face; empty while its lists are not known. */
  server(name: string): Face {
    return this.#parts.get(name)?.face ?? Catalogue.empty.merged;
  }

  /** By exposed name, or as `server/tool` or `server__tool`. */
  tool(name: string): ListItem | undefined {
    return this.#lists.tools.find(name);
  }

  prompt(name: string): ListItem | undefined {
    return this.#lists.prompts.find(name);
  }

  resource(uri: string): ListItem | undefined {
    return this.#lists.resources.find(uri);
  }

  /** Servers with a template that fits the URI, in order. */
  templatesFor(uri: string): readonly ListItem[] {
    return this.#lists.resourceTemplates.matching(uri);
  }

  template(uriTemplate: string): ListItem | undefined {
    return this.#lists.resourceTemplates.find(uriTemplate);
  }

  /** What of a server's lists can't be shown; of nearly all there is nothing to say. */
  warnings(server: string): readonly string[] {
    const part = this.#parts.get(server);
    if (part === undefined) return [];
    const warnings: string[] = [];
    for (const kind of listKindNames)
      warnings.push(...part.lists[kind].warnings, ...this.#lists[kind].warnings(server));
    return warnings;
  }
}

/** @param some of all, in any order */
function isInOrder(some: readonly string[], all: readonly string[]): boolean {
  const wanted = new Set(some);
  return all.filter((server) => wanted.has(server)).every((server, at) => server === some[at]);
}

function changesOf(
  kind: ListKind,
  servers: readonly string[],
  before: ReadonlyMap<string, Part>,
  after: ReadonlyMap<string, Part>,
): readonly ListChange[] {
  const itemsIn = (parts: ReadonlyMap<string, Part>, server: string): readonly ListItem[] =>
    parts.get(server)?.lists[kind].items ?? emptyListing[kind];
  return servers
    .map((server) => ({ server, before: itemsIn(before, server), after: itemsIn(after, server) }))
    .filter((change) => change.before !== change.after && change.before.length + change.after.length > 0);
}

/** @returns the part as it was when every list is still the same one */
function nextPart(before: Part | undefined, listing: Listing): Part {
  const list = (kind: ListKind): PartList => {
    const known = before?.lists[kind];
    return known?.listed === listing[kind] ? known : partList(kind, listing[kind]);
  };
  const lists = {
    tools: list("tools"),
    prompts: list("prompts"),
    resources: list("resources"),
    resourceTemplates: list("resourceTemplates"),
  };
  if (before !== undefined && listKindNames.every((kind) => lists[kind] === before.lists[kind]))
    return before;
  return { lists, face: faceOf((kind) => lists[kind].own) };
}

function partList(kind: ListKind, listed: readonly ListItem[]): PartList {
  const items = new Map<string, ListItem>();
  const warnings: string[] = [];
  for (const item of listed)
    if (items.has(item.exposedKey)) warnings.push(listedTwice(kind, item));
    else items.set(item.exposedKey, item);
  const unique = warnings.length === 0 ? listed : [...items.values()];
  return { listed, items: unique, warnings, own: ownList(kind, listed) };
}
