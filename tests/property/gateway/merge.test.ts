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
/** A configuration refuses a server's name with a slash. */
const server = name.filter((text) => !text.includes("/"));
const servers = fc.uniqueArray(fc.record({ server, tools: fc.uniqueArray(name, { maxLength: 8 }) }), {
  selector: ({ server }) => server,
  maxLength: 6,
});

interface Style {
  readonly separator: "__" | "/";
  /** Which server shows its own names; none when there is no such one. */
  readonly own: number;
}
const style = fc.record({ separator: fc.constantFrom("__" as const, "/" as const), own: fc.nat(7) });

function catalogueOf(
  list: readonly { server: string; tools: readonly string[] }[],
  { separator, own }: Style,
): Catalogue {
  return Catalogue.of(
    list.map(({ server, tools }, index) => {
      const answer = JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        result: { tools: tools.map((tool) => ({ name: tool, x: `${server}|${tool}` })) },
      });
      const naming = { server, separator, showsOwn: index === own };
      return {
        server,
        listing: { ...emptyListing, tools: readListPage(answer, "tools", naming)?.items ?? [] },
      };
    }),
  );
}

test(`every tool of every server is listed once and found at its own server (seed ${seed})`, () => {
  fc.assert(
    fc.property(servers, style, (list, names) => {
      const catalogue = catalogueOf(list, names);
      const shown = JSON.parse(Buffer.from(catalogue.merged.tools.body.withId(Buffer.from("1"))).toString())
        .result.tools as {
        name: string;
        x: string;
      }[];
      expect(shown).toHaveLength(list.reduce((sum, { tools }) => sum + tools.length, 0));
      expect(new Set(shown.map((tool) => tool.name)).size).toBe(shown.length);
      for (const tool of shown) {
        const found = catalogue.tool(tool.name);
        expect(`${found?.server}|${found?.key}`).toBe(tool.x);
        if (names.separator === "__") expect(tool.name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      }
    }),
    { seed, numRuns: 500 },
  );
});

test(`no name depends on which other servers there are, or on their order (seed ${seed})`, () => {
  fc.assert(
    fc.property(servers, style, (list, names) => {
      const namesOf = (catalogue: Catalogue): string[] =>
        catalogue.merged.tools.items.map((item) => `${item.server}|${item.key}|${item.exposedKey}`).sort();
      const together = namesOf(catalogueOf(list, names));
      const alone = list.flatMap((one, index) =>
        namesOf(catalogueOf([one], { ...names, own: index === names.own ? 0 : 1 })),
      );
      expect(together).toEqual(alone.sort());
      const turned = { ...names, own: list.length - 1 - names.own };
      expect(namesOf(catalogueOf([...list].reverse(), turned))).toEqual(together);
    }),
    { seed, numRuns: 300 },
  );
});
