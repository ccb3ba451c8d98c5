/**
 * Everything the backends offer, merged: an immutable snapshot with map look-ups and prepared answers.
 * Pure: made from the listings in the order of the configuration, so that nothing depends on who was faster.
 */
import { SharedBody, uriTemplateMatcher } from "@mcp-gateway/mcp";
import {
  aliasesOf,
  emptyListing,
  type ListItem,
  type Listing,
  type ListKind,
  listKindNames,
  listKinds,
  withExposedKey,
} from "./listing.ts";

export interface ServerListing {
  readonly server: string;
  readonly listing: Listing;
}

/** What one face of the gateway shows: everything merged, or one server under its own names. */
export interface Face {
  readonly items: Readonly<Record<ListKind, readonly ListItem[]>>;
  /** The answer to a list request, ready to be sent but for its id: `"result":{"tools":[…]}}`. */
  body(kind: ListKind): SharedBody;
}

export class Catalogue {
  readonly merged: Face;
  readonly warnings: ReadonlyMap<string, readonly string[]>;
  readonly #byServer: ReadonlyMap<string, Face>;
  readonly #tools: ReadonlyMap<string, ListItem>;
  readonly #prompts: ReadonlyMap<string, ListItem>;
  readonly #resources: ReadonlyMap<string, ListItem>;
  readonly #templates: readonly { readonly item: ListItem; readonly matches: (uri: string) => boolean }[];

  constructor(listings: readonly ServerListing[]) {
    const merged = mergeAll(listings);
    this.merged = face(merged.items, (item) => item.exposedText);
    this.warnings = merged.warnings;
    this.#byServer = new Map(
      listings.map(({ server, listing }) => [server, face(listing, (item) => item.ownText)]),
    );
    this.#tools = withAliases(merged.items.tools);
    this.#prompts = withAliases(merged.items.prompts);
    this.#resources = new Map(merged.items.resources.map((item) => [item.exposedKey, item]));
    this.#templates = merged.items.resourceTemplates.flatMap((item) => {
      const matches = uriTemplateMatcher(item.exposedKey);
      return matches === undefined ? [] : [{ item, matches }];
    });
  }

  /** A server's own face; empty while its lists are not known. */
  server(name: string): Face {
    return this.#byServer.get(name) ?? emptyFace;
  }

  /** By exposed name, or as `server/tool` or `server__tool`. */
  tool(name: string): ListItem | undefined {
    return this.#tools.get(name);
  }

  prompt(name: string): ListItem | undefined {
    return this.#prompts.get(name);
  }

  resource(uri: string): ListItem | undefined {
    return this.#resources.get(uri);
  }

  /** Servers with a template that fits the URI, in order. */
  templatesFor(uri: string): readonly ListItem[] {
    return this.#templates.filter(({ matches }) => matches(uri)).map(({ item }) => item);
  }

  template(uriTemplate: string): ListItem | undefined {
    return this.merged.items.resourceTemplates.find((item) => item.exposedKey === uriTemplate);
  }
}

type Items = Record<ListKind, ListItem[]>;

function mergeAll(listings: readonly ServerListing[]): { items: Items; warnings: Map<string, string[]> } {
  const items: Items = { tools: [], prompts: [], resources: [], resourceTemplates: [] };
  const warnings = new Map<string, string[]>();
  for (const kind of listKindNames) {
    const taken = new Map<string, ListItem>();
    for (const { server, listing } of listings) {
      for (const item of listing[kind]) {
        const placed = place(item, kind, taken);
        if (placed === undefined) {
          const list = warnings.get(server) ?? [];
          list.push(`${kind}: "${item.key}" is listed twice; the first one is used`);
          warnings.set(server, list);
          continue;
        }
        taken.set(placed.exposedKey, placed);
        items[kind].push(placed);
      }
    }
  }
  return { items, warnings };
}

/**
 * Names are unique by construction between servers; only a server that repeats itself clashes. URIs are
 * the servers' own: the first server in the configuration keeps a URI, later ones are shown qualified.
 */
function place(item: ListItem, kind: ListKind, taken: ReadonlyMap<string, ListItem>): ListItem | undefined {
  const owner = taken.get(item.exposedKey);
  if (owner === undefined) return item;
  if (owner.server === item.server || listKinds[kind].key === "name") return undefined;
  const qualified = withExposedKey(item, kind, qualifiedUri(item.server, item.key));
  return taken.has(qualified.exposedKey) ? undefined : qualified;
}

function qualifiedUri(server: string, uri: string): string {
  return `mcp-gateway://${encodeURIComponent(server)}/${uri}`;
}

/** Exposed names win over aliases: `server/tool` of one can't hide what another really exposes. */
function withAliases(items: readonly ListItem[]): ReadonlyMap<string, ListItem> {
  const map = new Map<string, ListItem>();
  for (const item of items) map.set(item.exposedKey, item);
  for (const item of items) for (const alias of aliasesOf(item)) if (!map.has(alias)) map.set(alias, item);
  return map;
}

function face(
  items: Readonly<Record<ListKind, readonly ListItem[]>>,
  textOf: (item: ListItem) => string,
): Face {
  const bodies = new Map<ListKind, SharedBody>();
  return {
    items,
    body(kind) {
      let body = bodies.get(kind);
      if (body === undefined) {
        const texts = items[kind].map(textOf).join(",");
        body = new SharedBody(Buffer.from(`"result":{"${listKinds[kind].member}":[${texts}]}}`));
        bodies.set(kind, body);
      }
      return body;
    },
  };
}

const emptyFace = face(emptyListing, (item) => item.ownText);

/** Which lists differ between two catalogues, as one face shows them. */
export function changedKinds(before: Face, after: Face): readonly ListKind[] {
  return listKindNames.filter((kind) => {
    const [old, now] = [before.items[kind], after.items[kind]];
    return (
      old.length !== now.length ||
      now.some((item, at) => item.exposedText !== old[at]?.exposedText || item.server !== old[at].server)
    );
  });
}
