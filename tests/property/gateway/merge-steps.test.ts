/**
 * A catalogue is made from the one before. Over any changes it is the one that would be made from nothing, and what was
 * handed out before stays as it was.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { Catalogue, type ServerListing } from "../../../apps/gateway/src/catalogue/catalogue.ts";
import { changedKinds, type Face } from "../../../apps/gateway/src/catalogue/face.ts";
import {
  aliasesOf,
  emptyListing,
  type ListItem,
  type Listing,
  type ListKind,
  listingKeeping,
  listKindNames,
  listKinds,
  readItem,
} from "../../../apps/gateway/src/catalogue/listing.ts";
import { seedFromEnvironment } from "../../support/random.ts";

const seed = seedFromEnvironment();
const servers = ["a", "b", "a__b", "ü", "__proto__"];
const names = ["x", "b__x", "a__x", "x.y", "toString", "a/x"];
/** Some are the ones under which another server's would be shown, or only look like them. */
const uris = [
  "u:1",
  "u:2",
  "u:{n}",
  "mcp-gateway://b/u:1",
  "mcp-gateway://%C3%BC/u:1",
  "mcp-gateway://%/u:1",
];
const keysOf = (kind: ListKind): readonly string[] => (listKinds[kind].key === "name" ? names : uris);

const list = (kind: ListKind) =>
  fc.array(fc.record({ key: fc.constantFrom(...keysOf(kind)), about: fc.nat(1) }), { maxLength: 4 });
const lists = fc.record({
  tools: list("tools"),
  prompts: list("prompts"),
  resources: list("resources"),
  resourceTemplates: list("resourceTemplates"),
});
const server = fc.constantFrom(...servers);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant("lists" as const), server, lists }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("one list" as const), server, lists, at: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("again" as const), server }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("removed" as const), server }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("moved" as const), server, to: fc.nat(4) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Lists = typeof lists extends fc.Arbitrary<infer T> ? T : never;

function itemsOf(server: string, kind: ListKind, lists: Lists): ListItem[] {
  const naming = { server, separator: "__" as const, showsOwn: server === "ü" };
  return lists[kind]
    .map(({ key, about }) => readItem(JSON.stringify({ [listKinds[kind].key]: key, about }), kind, naming))
    .filter((item) => typeof item !== "string");
}

function listingOf(server: string, lists: Lists): Listing {
  const of = (kind: ListKind): ListItem[] => itemsOf(server, kind, lists);
  const [tools, prompts] = [of("tools"), of("prompts")];
  return {
    tools,
    prompts,
    resources: of("resources"),
    resourceTemplates: of("resourceTemplates"),
    warnings: [],
  };
}

function after(all: readonly ServerListing[], step: Step): readonly ServerListing[] {
  const at = all.findIndex((one) => one.server === step.server);
  const known = all[at];
  const set = (listing: Listing): readonly ServerListing[] => {
    const next = { server: step.server, listing };
    // A new one comes in somewhere between the others: where its name belongs.
    return known === undefined
      ? [...all, next].sort((x, y) => servers.indexOf(x.server) - servers.indexOf(y.server))
      : all.with(at, next);
  };
  switch (step.op) {
    case "lists":
      return set(listingOf(step.server, step.lists));
    case "one list": {
      const kind = listKindNames[step.at] ?? "tools";
      return set({ ...(known?.listing ?? emptyListing), [kind]: itemsOf(step.server, kind, step.lists) });
    }
    case "again": {
      if (known === undefined) return all;
      const copy = (kind: ListKind): ListItem[] => known.listing[kind].map((item) => ({ ...item }));
      const again = { ...known.listing, tools: copy("tools"), resources: copy("resources") };
      return set(listingKeeping(known.listing, again));
    }
    case "removed":
      return all.filter((one) => one !== known);
    case "moved":
      return known === undefined ? all : all.toSpliced(at, 1).toSpliced(step.to, 0, known);
  }
}

const bodyOf = (face: Face, kind: ListKind): string =>
  Buffer.from(face[kind].body.withId(Buffer.from("1"))).toString();

/** All that can be asked of a catalogue. */
function answers(catalogue: Catalogue): unknown {
  const known = [...names, ...servers.flatMap((server) => names.flatMap((name) => formsOf(server, name)))];
  const all = [...uris, ...servers.flatMap((server) => uris.map((uri) => qualified(server, uri)))];
  const found = (item: ListItem | undefined): string => `${item?.server} ${item?.key} ${item?.exposedKey}`;
  return {
    merged: listKindNames.map((kind) => [bodyOf(catalogue.merged, kind), catalogue.merged[kind].items]),
    own: servers.map((server) => listKindNames.map((kind) => bodyOf(catalogue.server(server), kind))),
    tools: known.map((name) => found(catalogue.tool(name))),
    prompts: known.map((name) => found(catalogue.prompt(name))),
    resources: all.map((uri) => found(catalogue.resource(uri))),
    templates: all.map((uri) => [found(catalogue.template(uri)), catalogue.templatesFor(uri).map(found)]),
    warnings: servers.map((server) => catalogue.warnings(server)),
  };
}

function formsOf(server: string, name: string): string[] {
  const item = readItem(JSON.stringify({ name }), "tools", { server, separator: "__", showsOwn: false });
  return typeof item === "string" ? [] : [item.exposedKey, ...aliasesOf(item)];
}

const qualified = (server: string, uri: string): string =>
  `mcp-gateway://${encodeURIComponent(server)}/${uri}`;

/** The rule for URIs, said in the plainest way. */
function mergedUris(all: readonly ServerListing[], kind: "resources" | "resourceTemplates"): string[] {
  const listed = all.flatMap(({ server, listing }) => {
    const keys = [...new Set(listing[kind].map(({ key }) => key))];
    return keys.map((key) => ({ server, key }));
  });
  return listed.flatMap(({ server, key }) => {
    const first = listed.find((one) => one.key === key);
    if (first?.server === server) return [`${server} ${key}`];
    const shown = qualified(server, key);
    return listed.some((one) => one.key === shown) ? [] : [`${server} ${shown}`];
  });
}

test(`a catalogue made in steps is the one made from nothing (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      let all: readonly ServerListing[] = [];
      let catalogue = Catalogue.empty;
      for (const step of steps) {
        all = after(all, step);
        const [before, asBefore] = [catalogue, answers(catalogue)];
        catalogue = catalogue.next(all);
        const fresh = Catalogue.of(all.map(({ server, listing }) => ({ server, listing: { ...listing } })));
        expect(answers(catalogue)).toEqual(answers(fresh));
        expect(answers(before)).toEqual(asBefore);
        for (const kind of ["resources", "resourceTemplates"] as const) {
          const shown = catalogue.merged[kind].items.map(
            ({ server, exposedKey }) => `${server} ${exposedKey}`,
          );
          expect(shown).toEqual(mergedUris(all, kind));
        }
        const differ = listKindNames.filter(
          (kind) =>
            JSON.stringify(
              before.merged[kind].items.map(({ server, exposedText }) => [server, exposedText]),
            ) !==
            JSON.stringify(
              catalogue.merged[kind].items.map(({ server, exposedText }) => [server, exposedText]),
            ),
        );
        expect(changedKinds(before.merged, catalogue.merged)).toEqual(differ);
      }
    }),
    { seed, numRuns: 150 },
  );
});

test(`what a change leaves alone is shared with the snapshot before (seed ${seed})`, () => {
  const stepsInPlace = step.filter(({ op }) => op !== "moved");
  fc.assert(
    fc.property(fc.array(stepsInPlace, { maxLength: 10 }), server, lists, (steps, server, lists) => {
      const all = steps.reduce(after, [] as readonly ServerListing[]);
      const before = Catalogue.of(all);
      expect(before.next([...all])).toBe(before);
      const now = before.next(after(all, { op: "one list", server, lists, at: 0 }));
      for (const other of all.filter((one) => one.server !== server)) {
        expect(now.server(other.server)).toBe(before.server(other.server));
        for (const segment of before.merged.tools.segments)
          if (segment.items[0]?.server === other.server) expect(now.merged.tools.segments).toContain(segment);
      }
      for (const kind of listKindNames)
        if (kind !== "tools") expect(now.merged[kind]).toBe(before.merged[kind]);
    }),
    { seed, numRuns: 100 },
  );
});
