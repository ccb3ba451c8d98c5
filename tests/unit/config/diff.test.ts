/** What a reload touches. */
import { describe, expect, test } from "bun:test";
import { diffServers } from "@mcp-gateway/config";
import { loaded } from "./config-file.ts";

async function serversOf(content: object) {
  const { config } = await loaded({ mcpServers: content });
  // Folders differ from one loading to the next in these tests only.
  return config.servers.map((server) => ({ ...server, cwd: "/" }));
}

describe("diffServers", () => {
  test("names what was added, removed, changed and left alone", async () => {
    const before = await serversOf({ a: { command: "x" }, b: { command: "x" }, c: { command: "x" } });
    const after = await serversOf({ a: { command: "x" }, b: { command: "y" }, d: { command: "x" } });
    const diff = diffServers(before, after);
    expect(diff.added.map(({ name }) => name)).toEqual(["d"]);
    expect(diff.removed.map(({ name }) => name)).toEqual(["c"]);
    expect(diff.changed.map(({ before: old, after: now }) => [old.command, now.command])).toEqual([
      ["x", "y"],
    ]);
    expect(diff.unchanged.map(({ name }) => name)).toEqual(["a"]);
    expect(diff.reordered).toEqual([]);
  });

  test("moving an entry restarts nothing", async () => {
    const before = await serversOf({ a: { command: "x" }, b: { command: "x" } });
    const after = await serversOf({ b: { command: "x" }, a: { command: "x" } });
    const diff = diffServers(before, after);
    expect(diff.changed).toEqual([]);
    expect(diff.reordered.map(({ name, order }) => [name, order])).toEqual([
      ["b", 0],
      ["a", 1],
    ]);
  });

  test("the order of variables means nothing, that of arguments does", async () => {
    const before = await serversOf({
      a: { command: "x", env: { A: "1", B: "2" } },
      b: { command: "x", args: ["1", "2"] },
    });
    const after = await serversOf({
      a: { command: "x", env: { B: "2", A: "1" } },
      b: { command: "x", args: ["2", "1"] },
    });
    expect(diffServers(before, after).changed.map(({ after: now }) => now.name)).toEqual(["b"]);
  });

  test("every key of an entry counts", async () => {
    const [plain] = await serversOf({ a: { command: "x" } });
    if (plain === undefined) throw new Error("no server");
    const variants = {
      transport: "sse",
      command: "y",
      args: ["1"],
      env: { A: "1" },
      inheritEnv: false,
      cwd: "/x",
      url: "http://x",
      headers: { A: "1" },
      oauth: { clientId: "id" },
      startupDelayMs: 1,
      startupTimeoutMs: 1,
      timeoutMs: 1,
      isolation: "session",
      names: "own",
      protocol: "stateless",
      restart: "never",
      enabled: false,
      platforms: [],
    };
    expect(Object.keys(variants).sort()).toEqual(
      Object.keys(plain)
        .filter((key) => key !== "name" && key !== "order")
        .sort(),
    );
    for (const [key, value] of Object.entries(variants)) {
      expect(diffServers([plain], [{ ...plain, [key]: value }]).changed).toHaveLength(1);
    }
  });
});
