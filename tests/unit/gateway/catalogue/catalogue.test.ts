import { describe, expect, test } from "bun:test";
import { Catalogue, changedKinds } from "../../../../apps/gateway/src/catalogue/catalogue.ts";
import {
  emptyListing,
  type Listing,
  type ListKind,
  listKinds,
  readListPage,
} from "../../../../apps/gateway/src/catalogue/listing.ts";

function listing(server: string, lists: Partial<Record<ListKind, object[]>>): Listing {
  const read = (kind: ListKind) => {
    const answer = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      result: { [listKinds[kind].member]: lists[kind] ?? [] },
    });
    return readListPage(answer, kind, server, "__")?.items ?? [];
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

describe("the merged catalogue", () => {
  const catalogue = new Catalogue([a, b]);

  test("lists everything in the order of the configuration", () => {
    const text = `{${Buffer.from(catalogue.merged.body("tools")).toString()}`;
    expect(JSON.parse(text)).toEqual({
      result: { tools: [{ name: "a__echo" }, { name: "a__add" }, { name: "b__echo" }] },
    });
  });

  test("finds a tool by its exposed name and as server/tool, each at its own server", () => {
    expect(catalogue.tool("a__echo")).toMatchObject({ server: "a", key: "echo" });
    expect(catalogue.tool("b/echo")).toMatchObject({ server: "b", key: "echo" });
    expect(catalogue.tool("echo")).toBeUndefined();
    expect(catalogue.tool("constructor")).toBeUndefined();
    expect(catalogue.tool("__proto__")).toBeUndefined();
  });

  test("keeps a prompt that is named like a tool", () => {
    expect(catalogue.prompt("b__echo")).toMatchObject({ server: "b", key: "echo" });
  });

  test("lets the first server keep a URI and qualifies the other's, so that both can be read", () => {
    expect(catalogue.resource("file:///x")).toMatchObject({ server: "a" });
    const qualified = catalogue.merged.items.resources[1];
    expect(qualified?.exposedKey).toBe("mcp-gateway://b/file:///x");
    expect(catalogue.resource("mcp-gateway://b/file:///x")).toMatchObject({ server: "b", key: "file:///x" });
    expect(JSON.parse(qualified?.exposedText ?? "").uri).toBe("mcp-gateway://b/file:///x");
  });

  test("shows one server under its own names", () => {
    const text = `{${Buffer.from(catalogue.server("b").body("tools")).toString()}`;
    expect(JSON.parse(text)).toEqual({ result: { tools: [{ name: "echo" }] } });
    expect(catalogue.server("nobody").items.tools).toEqual([]);
  });

  test("warns of a server that lists a name twice and uses the first", () => {
    const twice = new Catalogue([
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
    expect(twice.merged.items.tools.map(({ summary }) => summary)).toEqual(["1"]);
    expect(twice.warnings.get("c")).toHaveLength(1);
  });

  test("names of one server never depend on the others", () => {
    const alone = new Catalogue([b]);
    expect(alone.merged.items.tools.map(({ exposedKey }) => exposedKey)).toEqual(["b__echo"]);
  });
});

describe("what changed between two catalogues", () => {
  const before = new Catalogue([a, b]);

  test("is nothing when the same lists are read again", () => {
    expect(changedKinds(before.merged, new Catalogue([a, b]).merged)).toEqual([]);
  });

  test("names only the kinds that differ, for each face by itself", () => {
    const after = new Catalogue([
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
