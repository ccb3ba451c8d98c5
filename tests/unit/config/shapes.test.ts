/** The accepted shapes of the file, and names that are nobody's business but the user's. */
import { describe, expect, test } from "bun:test";
import { faultsOf, loaded, loadText } from "./config-file.ts";

async function namesOf(content: string | object): Promise<readonly string[]> {
  return (await loaded(content)).config.servers.map(({ name }) => name);
}

const program = { command: "x" };

describe("shapes", () => {
  test("mcpServers holds the servers, in the file's order", async () => {
    const { config } = await loaded({
      $schema: "s",
      gateway: { port: 1 },
      mcpServers: { b: program, a: program },
    });
    expect(config.servers.map(({ name, order }) => [name, order])).toEqual([
      ["b", 0],
      ["a", 1],
    ]);
    expect(config.gateway.port).toBe(1);
  });

  test("a flat map holds the servers, and may have settings beside them", async () => {
    expect(await namesOf({ b: program, a: { url: "http://x" } })).toEqual(["b", "a"]);
    const { config } = await loaded({ $schema: "s", gateway: { port: 2 }, a: program });
    expect(config.gateway.port).toBe(2);
    expect(config.servers).toHaveLength(1);
  });

  test("VS Code's servers are servers, and its inputs a warning", async () => {
    const { config, warnings } = await loaded({ inputs: [], servers: { a: { type: "stdio", ...program } } });
    expect(config.servers[0]?.name).toBe("a");
    expect(warnings).toEqual([expect.stringMatching(/^inputs: is used by editors only/)]);
  });

  test("an empty object is a gateway without servers", async () => {
    expect(await namesOf("{}")).toEqual([]);
    expect(await namesOf({ mcpServers: {} })).toEqual([]);
  });

  test("a server of a flat map may have any of the settings' names", async () => {
    expect(await namesOf({ gateway: program, servers: program, mcpServers: { url: "http://x" } })).toEqual([
      "gateway",
      "servers",
      "mcpServers",
    ]);
  });

  test("servers named after keys of an entry are still servers", async () => {
    expect(await namesOf({ mcpServers: { command: program, url: program, type: program } })).toEqual([
      "command",
      "url",
      "type",
    ]);
  });

  test("mcpServers beside a server named servers says where that server belongs", async () => {
    expect(await faultsOf({ mcpServers: {}, servers: program })).toEqual([
      'servers: is not a known key. A server belongs into "mcpServers".',
    ]);
  });
});

describe("names", () => {
  test("names of JavaScript's own properties are plain names", async () => {
    const text = `{ "mcpServers": { "__proto__": { "command": "x" }, "constructor": { "command": "y" }, "toString": { "command": "z" }, "hasOwnProperty": { "command": "w" } } }`;
    const { config } = await loaded(text);
    expect(config.servers.map(({ name, command }) => [name, command])).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
      ["toString", "z"],
      ["hasOwnProperty", "w"],
    ]);
    expect(Object.hasOwn(Object.prototype, "command")).toBe(false);
  });

  test("they are plain names for variables and headers too", async () => {
    const { config } = await loaded(
      `{ "__proto__": { "command": "x", "url": "http://x", "env": { "__proto__": "1", "toString": "2" }, "headers": { "__proto__": "3" } } }`,
    );
    expect(Object.entries(config.servers[0]?.env ?? {})).toEqual([
      ["__proto__", "1"],
      ["toString", "2"],
    ]);
    expect(Object.entries(config.servers[0]?.headers ?? {})).toEqual([["__proto__", "3"]]);
  });

  test("spaces within, dots, signs and letters of any script are allowed", async () => {
    const names = ["my server", "io.github.x", "@scope", "浏览器", "näme", "a".repeat(64), "😀".repeat(64)];
    expect(await namesOf(Object.fromEntries(names.map((name) => [name, program])))).toEqual(names);
  });

  test("as many servers as there may be, and not one more", async () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, program]));
    expect(await namesOf(many(1000))).toHaveLength(1000);
    expect(await faultsOf({ mcpServers: many(1001) })).toEqual([
      "mcpServers: has 1001 servers; at most 1000 are possible.",
    ]);
  });
});

describe("text", () => {
  test("comments, trailing commas, a byte order mark and Windows line ends are welcome", async () => {
    const text = `\ufeff{\r\n  // playwright\r\n  "playwright": { /* here */ "command": "npx", "args": ["-y", "@playwright/mcp@latest",], },\r\n}\r\n`;
    expect((await loaded(text)).config.servers[0]?.args).toEqual(["-y", "@playwright/mcp@latest"]);
  });

  test("a byte order mark does not move columns", async () => {
    const result = await loadText(`\ufeff{ "a": 1 }`);
    expect(result.ok ? [] : result.faults.map(({ line, column }) => [line, column])).toEqual([[1, 8]]);
  });

  test("lines count the same with every kind of line end", async () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      const result = await loadText(`{${end}${end}  "a": 1${end}}`);
      expect(result.ok ? [] : result.faults.map(({ line, column }) => [line, column])).toEqual([[3, 8]]);
    }
  });

  test("what is not UTF-8 is named as such", async () => {
    const utf16 = await loadText(new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]));
    expect(utf16.ok ? "" : utf16.faults[0]?.message).toBe("is saved as UTF-16. Save it as UTF-8.");
    const latin1 = await loadText(new Uint8Array([0x7b, 0xe4, 0x7d]));
    expect(latin1.ok ? "" : latin1.faults[0]?.message).toBe("is not valid UTF-8. Save it as UTF-8.");
  });

  test("depth that would exhaust the parser is refused, not crashed into", async () => {
    const [fault] = await faultsOf("[".repeat(1_000_000));
    expect(fault).toMatch(/nested deeper than 64/);
    const { faults } = (await loadText(`{"a":{"command":"${"${A:-".repeat(5000)}"}}`, {
      environment: {},
    })) as { faults: readonly { message: string }[] };
    expect(faults).toHaveLength(1);
  });

  test("more faults than a person reads are counted", async () => {
    const faults = await faultsOf(
      Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`s${index}`, 1])),
    );
    expect(faults).toHaveLength(100);
    expect(faults.at(-1)).toBe("has 51 more faults, which are not shown.");
  });
});
