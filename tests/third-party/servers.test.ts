/** The official filesystem, memory and sequential-thinking servers: real work through the gateway, on both fronts. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Stack, startStack } from "../support/harness.ts";
import { openRawClient, type RawClient } from "../support/raw-client.ts";
import { openStdioClient } from "../support/raw-stdio-client.ts";
import { tempDir } from "../support/temp-dir.ts";
import { ensureThirdParty, programs, serverRuntime } from "../support/third-party.ts";
import { expectSameBytes, expectSameLists, toolCall } from "./compare.ts";

const folder = tempDir("files");
const graph = tempDir("graph");
const filesystem = { command: serverRuntime, args: [programs.filesystem, folder.path] };
const memory = {
  command: serverRuntime,
  args: [programs.memory],
  env: { MEMORY_FILE_PATH: join(graph.path, "graph.jsonl") },
};
const thinking = { command: serverRuntime, args: [programs.sequentialThinking] };
let stack: Stack;

beforeAll(async () => {
  await ensureThirdParty();
  writeFileSync(join(folder.path, "greeting.txt"), "hello\nfrom a file\nwith 漢字\n");
  stack = await startStack({ mcpServers: { filesystem, memory, thinking } });
}, 60_000);

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
  graph[Symbol.dispose]();
}, 30_000);

function merged(front: "mcp" | "sse"): Promise<RawClient> {
  return openRawClient(front === "mcp" ? stack.mcpUrl : stack.sseUrl);
}

for (const front of ["mcp", "sse"] as const) {
  describe(`on the ${front} front`, () => {
    test("files are written, edited, listed, searched and read back", async () => {
      await using client = await merged(front);
      const path = join(folder.path, `made-${front}.txt`);
      await client.callText("filesystem__write_file", { path, content: "one two three\n" });
      expect(readFileSync(path, "utf8")).toBe("one two three\n");
      await client.callText("filesystem__edit_file", { path, edits: [{ oldText: "two", newText: "zwei" }] });
      expect(await client.callText("filesystem__read_text_file", { path })).toContain("one zwei three");
      expect(await client.callText("filesystem__list_directory", { path: folder.path })).toContain(
        `made-${front}.txt`,
      );
      expect(
        await client.callText("filesystem__search_files", { path: folder.path, pattern: `made-${front}*` }),
      ).toContain(path);
    });

    test("a path outside the allowed folder is refused by the server, and the client is told so", async () => {
      await using client = await merged(front);
      const answer = await client.request("tools/call", {
        name: "filesystem__read_text_file",
        arguments: { path: "/etc/hostname" },
      });
      expect(answer.result?.["isError"]).toBe(true);
      expect(answer.text).toContain("Access denied");
    });

    test("what one client makes the memory server remember, another one recalls", async () => {
      const name = `gateway-${front}`;
      await using writer = await merged(front);
      await writer.callText("memory__create_entities", {
        entities: [{ name, entityType: "program", observations: ["joins servers"] }],
      });
      await using reader = await merged(front === "mcp" ? "sse" : "mcp");
      expect(await reader.callText("memory__search_nodes", { query: name })).toContain("joins servers");
      expect(existsSync(join(graph.path, "graph.jsonl"))).toBe(true);
    });

    test("a chain of thoughts is followed", async () => {
      await using client = await merged(front);
      const thought = { thought: "think", nextThoughtNeeded: true, thoughtNumber: 1, totalThoughts: 2 };
      expect(await client.callText("thinking__sequentialthinking", thought)).toContain('"totalThoughts": 2');
    });

    test("answers are byte for byte those of the servers asked directly", async () => {
      await using plainFiles = await openStdioClient(filesystem);
      await using plainMemory = await openStdioClient(memory);
      await using files = await openRawClient(stack.serverUrl("filesystem", front));
      await using memories = await openRawClient(stack.serverUrl("memory", front));
      await expectSameLists(plainFiles, files, ["tools/list"]);
      await expectSameLists(plainMemory, memories, ["tools/list", "resources/list"]);
      await expectSameBytes(plainFiles, files, [
        toolCall("read_text_file", { path: join(folder.path, "greeting.txt") }),
        toolCall("read_text_file", { path: join(folder.path, "greeting.txt"), head: 1 }),
        toolCall("read_text_file", { path: join(folder.path, "absent.txt") }),
        toolCall("read_text_file", {}),
        toolCall("list_allowed_directories"),
        toolCall("directory_tree", { path: folder.path }),
      ]);
      await expectSameBytes(plainMemory, memories, [
        toolCall("read_graph"),
        toolCall("open_nodes", { names: ["nobody"] }),
      ]);
    });
  });
}
