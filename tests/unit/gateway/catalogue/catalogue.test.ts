import { describe, expect, test } from "bun:test";
import { Catalogue } from "../../../../apps/gateway/src/catalogue/catalogue.ts";
import { changedKinds } from "../../../../apps/gateway/src/catalogue/face.ts";
import {
  emptyListing,
  type Listing,
  type ListKind,
  listKinds,
  type Naming,
  readListPage,
} from "../../../../apps/gateway/src/catalogue/listing.ts";

function listing(
  server: string,
  lists: Partial<Record<ListKind, object[]>>,
  naming: Partial<Naming> = {},
): Listing {
  const all = { server, separator: "__" as const, showsOwn: false, ...naming };
  const read = (kind: ListKind) => {
    const answer = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      result: { [listKinds[kind].member]: lists[kind] ?? [] },
    });
    return readListPage(answer, kind, all)?.items ?? [];
  };
  return {
    ...emptyListing,
    tools: read("tools"),
    prompts: read("prompts"),
    resources: read("resources"),
    resourceTemplates: read("resourceTemplates"),
  };
}

const a = {
  server: "a",
  listing: listing("a", {
    tools: [{ name: "echo" }, { name: "add" }],
    resources: [{ uri: "file:///x", name: "x" }],
  }),
};
const b = {
  server: "b",
  listing: listing("b", {
    tools: [{ name: "echo" }],
    resources: [{ uri: "file:///x", name: "x of b" }],
    prompts: [{ name: "echo" }],
  }),
};

describe("a server that shows its own names", () => {
  const lists = {
    tools: [{ name: "echo" }, { name: "a__echo" }, { name: "with.dot" }, { name: "x".repeat(65) }],
    prompts: [{ name: "ask" }],
    resources: [{ uri: "file:///y" }],
  };
  const own = { server: "own", listing: listing("own", lists, { showsOwn: true }) };
  const catalogue = Catalogue.of([a, own]);

  test("shows each name alone unless it could be another server's or is not safe", () => {
    const names = catalogue.merged.tools.items.map(({ exposedKey }) => exposedKey);
    expect(names.slice(0, 4)).toEqual(["a__echo", "a__add", "echo", "own__a__echo"]);
    expect(names[4]).toMatch(/^own__with_dot_\d/u);
    expect(names[5]).toMatch(/^own__x+_\d/u);
    expect(catalogue.merged.prompts.items.map(({ exposedText }) => exposedText)).toEqual(['{"name":"ask"}']);
  });

  test("can be called by them and by every other form", () => {
    for (const name of ["echo", "own/echo", "own__echo"])
      expect(catalogue.tool(name)).toMatchObject({ server: "own", key: "echo" });
    expect(catalogue.tool("a__echo")).toMatchObject({ server: "a", key: "echo" });
    expect(catalogue.tool("own/a__echo")).toMatchObject({ server: "own", key: "a__echo" });
    expect(catalogue.prompt("own__ask")).toMatchObject({ server: "own", key: "ask" });
  });
});

test("with a slash between server and tool both forms can be called", () => {
  const slashed = { server: "s", listing: listing("s", { tools: [{ name: "t" }] }, { separator: "/" }) };
  const catalogue = Catalogue.of([slashed]);
  expect(catalogue.merged.tools.items.map(({ exposedKey }) => exposedKey)).toEqual(["s/t"]);
  for (const name of ["s/t", "s__t"]) expect(catalogue.tool(name)).toMatchObject({ server: "s", key: "t" });
});

describe("the merged catalogue", () => {
  const catalogue = Catalogue.of([a, b]);

  test("lists everything in the order of the configuration", () => {
    const text = Buffer.from(catalogue.merged.tools.body.withId(Buffer.from("1"))).toString();
    expect(JSON.parse(text)).toEqual({
      jsonrpc: "2.0",
      id: 1,
      result: { tools: [{ name: "a__echo" }, { name: "a__add" }, { name: "b__echo" }] },
    });
  });

  test("finds a tool by its exposed name and as server/tool, each at its own server", () => {
    expect(catalogue.tool("a__echo")).toMatchObject({ server: "a", key: "echo" });
    expect(catalogue.tool("b/echo")).toMatchObject({ server: "b", key: "echo" });
    expect(catalogue.tool("echo")).toBeUndefined();
    expect(catalogue.tool("a__b__echo")).toBeUndefined();
    expect(catalogue.tool("constructor")).toBeUndefined();
    expect(catalogue.tool("__proto__")).toBeUndefined();
  });

  test("keeps a prompt that is named like a tool", () => {
    expect(catalogue.prompt("b__echo")).toMatchObject({ server: "b", key: "echo" });
  });

  test("lets the first server keep a URI and qualifies the other's, so that both can be read", () => {
    expect(catalogue.resource("file:///x")).toMatchObject({ server: "a" });
    const qualified = catalogue.merged.resources.items[1];
    expect(qualified?.exposedKey).toBe("mcp-gateway://b/file:///x");
    expect(catalogue.resource("mcp-gateway://b/file:///x")).toMatchObject({ server: "b", key: "file:///x" });
    expect(JSON.parse(qualified?.exposedText ?? "").uri).toBe("mcp-gateway://b/file:///x");
  });

  test("shows one server under its own names", () => {
    const text = Buffer.from(catalogue.server("b").tools.body.withId(Buffer.from("1"))).toString();
    expect(JSON.parse(text)).toEqual({ jsonrpc: "2.0", id: 1, result: { tools: [{ name: "echo" }] } });
    expect(catalogue.server("nobody").tools.items).toEqual([]);
  });

  test("warns of a server that lists a name twice and uses the first", () => {
    const twice = Catalogue.of([
      {
        server: "c",
        listing: listing("c", {
          tools: [
            { name: "t", description: "1" },
            { name: "t", description: "2" },
          ],
        }),
      },
    ]);
    expect(twice.merged.tools.items.map(({ summary }) => summary)).toEqual(["1"]);
    expect(twice.warnings("c")).toHaveLength(1);
  });

  test("names of one server never depend on the others", () => {
    const alone = Catalogue.of([b]);
    expect(alone.merged.tools.items.map(({ exposedKey }) => exposedKey)).toEqual(["b__echo"]);
  });
});

describe("what changed between two catalogues", () => {
  const before = Catalogue.of([a, b]);

  test("is nothing when the same lists are read again", () => {
    expect(changedKinds(before.merged, Catalogue.of([a, b]).merged)).toEqual([]);
  });

  test("names only the kinds that differ, for each face by itself", () => {
    const after = Catalogue.of([
      a,
      {
        server: "b",
        listing: listing("b", {
          tools: [{ name: "echo", description: "new" }],
          resources: [{ uri: "file:///x", name: "x of b" }],
          prompts: [{ name: "echo" }],
        }),
      },
    ]);
    expect(changedKinds(before.merged, after.merged)).toEqual(["tools"]);
    expect(changedKinds(before.server("a"), after.server("a"))).toEqual([]);
    expect(changedKinds(before.server("b"), after.server("b"))).toEqual(["tools"]);
  });
});
