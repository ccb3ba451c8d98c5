/** Clients that others wrote, each on /sse and on /mcp: SDK v1, the inspector, mcporter, mcp-remote. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { type Stack, startStack } from "../support/harness.ts";
import type { RawClient } from "../support/raw-client.ts";
import { openStdioClient } from "../support/raw-stdio-client.ts";
import { fakeBackend } from "../support/repository.ts";
import { runOrThrow } from "../support/run-program.ts";
import { tempDir } from "../support/temp-dir.ts";
import { ensureThirdParty, programs, serverRuntime } from "../support/third-party.ts";

const everything = { command: serverRuntime, args: [programs.everything, "stdio"] };
const home = tempDir("home");
let stack: Stack;
let direct: RawClient;

beforeAll(async () => {
  await ensureThirdParty();
  direct = await openStdioClient(everything);
  stack = await startStack({ mcpServers: { everything, fake: fakeBackend("--tools", "2") } });
}, 60_000);

afterAll(async () => {
  await direct?.close();
  await stack?.[Symbol.asyncDispose]();
  home[Symbol.dispose]();
}, 30_000);

function address(front: "mcp" | "sse"): string {
  return front === "mcp" ? stack.mcpUrl : stack.sseUrl;
}

function run(program: string, ...args: readonly string[]): Promise<string> {
  return runOrThrow([process.execPath, program, ...args], {
    cwd: home.path,
    environment: { HOME: home.path, NO_COLOR: "1" },
    timeoutMs: 40_000,
  });
}

async function directly(tool: string, args: unknown): Promise<unknown> {
  return (await direct.request("tools/call", { name: tool, arguments: args })).result;
}

async function expectedToolNames(): Promise<string[]> {
  const listed = (await direct.request("tools/list")).result?.["tools"] as readonly {
    readonly name: string;
  }[]; // The official server's own list.
  return listed.map(({ name }) => `everything__${name}`);
}

for (const front of ["mcp", "sse"] as const) {
  describe(`SDK v1 client on ${front}`, () => {
    async function connected(): Promise<Client> {
      const client = new Client({ name: "sdk-client", version: "1.0.0" });
      const url = new URL(address(front));
      await client.connect(
        front === "mcp" ? new StreamableHTTPClientTransport(url) : new SSEClientTransport(url),
      );
      return client;
    }

    test("lists and calls tools with the server's own results", async () => {
      const client = await connected();
      try {
        const { tools } = await client.listTools();
        expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(await expectedToolNames()));
        for (const [tool, args] of [
          ["echo", { message: "hi" }],
          ["get-structured-content", { location: "New York" }],
          ["get-tiny-image", {}],
        ] as const) {
          const result = await client.callTool({ name: `everything__${tool}`, arguments: args });
          expect(result).toEqual((await directly(tool, args)) as typeof result); // Same shape, or the comparison says so.
        }
        expect(await client.callTool({ name: "fake/tool_1" })).toEqual({
          content: [{ type: "text", text: "tool_1" }],
        });
      } finally {
        await client.close();
      }
    });

    test("reads resources, gets prompts, completes, pings and hears progress", async () => {
      const client = await connected();
      try {
        const { resources } = await client.listResources();
        expect(resources.length).toBeGreaterThan(0);
        const { contents } = await client.readResource({ uri: resources[0]?.uri ?? "" });
        expect(contents[0]?.uri).toBe(resources[0]?.uri ?? "");
        expect((await client.listResourceTemplates()).resourceTemplates.length).toBeGreaterThan(1);
        expect((await client.listPrompts()).prompts.map(({ name }) => name)).toContain(
          "everything__simple-prompt",
        );
        expect((await client.getPrompt({ name: "everything__simple-prompt" })).messages).toHaveLength(1);
        const { completion } = await client.complete({
          ref: { type: "ref/prompt", name: "everything__completable-prompt" },
          argument: { name: "department", value: "E" },
        });
        expect(completion.values).toEqual(["Engineering"]);
        await client.ping();
        const seen: number[] = [];
        await client.callTool(
          { name: "everything__trigger-long-running-operation", arguments: { duration: 0.3, steps: 3 } },
          undefined,
          {
            onprogress: ({ progress }) => seen.push(progress),
          },
        );
        // This SDK forgets the listener as soon as the answer is read, which may be before it has told the last step.
        expect(seen.slice(0, 2)).toEqual([1, 2]);
      } finally {
        await client.close();
      }
    });
  });

  describe(`inspector --cli on ${front}`, () => {
    const inspector = (...args: readonly string[]): Promise<string> =>
      run(
        programs.inspector,
        "--cli",
        address(front),
        "--transport",
        front === "mcp" ? "http" : "sse",
        ...args,
      );

    test("lists tools, resources and prompts", async () => {
      const tools = JSON.parse(await inspector("--method", "tools/list")) as { tools: { name: string }[] }; // Its documented output.
      expect(tools.tools.map(({ name }) => name)).toEqual(expect.arrayContaining(await expectedToolNames()));
      expect(await inspector("--method", "resources/list")).toContain("features.md");
      expect(await inspector("--method", "prompts/list")).toContain("everything__args-prompt");
    }, 90_000);

    test("calls a tool with the server's own result", async () => {
      const answer = await inspector(
        "--method",
        "tools/call",
        "--tool-name",
        "everything__get-sum",
        "--tool-arg",
        "a=2",
        "--tool-arg",
        "b=3",
      );
      expect(JSON.parse(answer)).toEqual(await directly("get-sum", { a: 2, b: 3 }));
    }, 60_000);
  });

  describe(`mcporter on ${front}`, () => {
    const where = (): string[] => ["--http-url", address(front), "--allow-http"];

    test("lists the tools", async () => {
      const listed = JSON.parse(await run(programs.mcporter, "list", ...where(), "--json")) as {
        tools: { name: string }[];
      }; // Its documented output.
      expect(listed.tools.map(({ name }) => name)).toEqual(expect.arrayContaining(await expectedToolNames()));
    }, 60_000);

    test("calls a tool with the server's own result", async () => {
      const answer = await run(
        programs.mcporter,
        "call",
        ...where(),
        "everything__echo",
        "message=hi",
        "--output",
        "json",
      );
      expect(JSON.parse(answer)).toEqual(await directly("echo", { message: "hi" }));
    }, 60_000);
  });

  test(`mcp-remote bridges ${front} to stdio`, async () => {
    const transport = front === "mcp" ? "http-only" : "sse-only";
    await using client = await openStdioClient(
      {
        command: process.execPath,
        args: [programs.mcpRemote, address(front), "--allow-http", "--transport", transport],
        env: { HOME: home.path },
      },
      { timeoutMs: 40_000 },
    );
    const listed = (await client.request("tools/list")).result?.["tools"] ?? [];
    // A list of tools, or the comparison says so.
    const listedNames = (listed as { name: string }[]).map(({ name }) => name);
    expect(listedNames).toEqual(expect.arrayContaining(await expectedToolNames()));
    const answer = await client.request("tools/call", {
      name: "everything__get-structured-content",
      arguments: { location: "Chicago" },
    });
    expect(answer.result).toEqual(
      (await directly("get-structured-content", { location: "Chicago" })) as typeof answer.result,
    ); // As above.
  }, 60_000);
}
