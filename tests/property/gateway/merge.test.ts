/** The merged catalogue, for any servers with any names: nothing hides, nothing is reached at the wrong server. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { Catalogue } from "../../../apps/gateway/src/catalogue/catalogue.ts";
import { emptyListing, readListPage } from "../../../apps/gateway/src/catalogue/listing.ts";
import { seedFromEnvironment } from "../../support/random.ts";

const seed = seedFromEnvironment();
const name = fc.oneof(
  fc.constantFrom("a", "b", "a__b", "b__c", "a_", "_a", "__proto__", "constructor", "toString", "a/b", "c"),
  fc.string({ minLength: 1, maxLength: 80 }).filter((text) => text.trim() !== ""),
);
const servers = fc.uniqueArray(fc.record({ server: name, tools: fc.uniqueArray(name, { maxLength: 8 }) }), {
  selector: ({ server }) => server,
  maxLength: 6,
});

function catalogueOf(list: readonly { server: string; tools: readonly string[] }[]): Catalogue {
  return new Catalogue(
    list.map(({ server, tools }) => {
      const answer = JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        result: { tools: tools.map((tool) => ({ name: tool, x: `${server}|${tool}` })) },
      });
      return {
        server,
        listing: { ...emptyListing, tools: readListPage(answer, "tools", server, "__")?.items ?? [] },
      };
    }),
  );
}

test(`every tool of every server is listed once and found at its own server (seed ${seed})`, () => {
  fc.assert(
    fc.property(servers, (list) => {
      const catalogue = catalogueOf(list);
      const shown = JSON.parse(`{${Buffer.from(catalogue.merged.body("tools")).toString()}`).result.tools as {
        name: string;
        x: string;
      }[];
      expect(shown).toHaveLength(list.reduce((sum, { tools }) => sum + tools.length, 0));
      expect(new Set(shown.map((tool) => tool.name)).size).toBe(shown.length);
      for (const tool of shown) {
        const found = catalogue.tool(tool.name);
        expect(`${found?.server}|${found?.key}`).toBe(tool.x);
        expect(tool.name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      }
    }),
    { seed, numRuns: 500 },
  );
});

test(`the order of the servers changes the order of the list and no name (seed ${seed})`, () => {
  fc.assert(
    fc.property(servers, (list) => {
      const names = (catalogue: Catalogue): string[] =>
        catalogue.merged.items.tools.map((item) => item.exposedKey).sort();
      expect(names(catalogueOf([...list].reverse()))).toEqual(names(catalogueOf(list)));
    }),
    { seed, numRuns: 300 },
  );
});
