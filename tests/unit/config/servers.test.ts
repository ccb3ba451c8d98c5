/** What a server entry becomes: defaults, guesses, paths, words of other programs, warnings. */
import { describe, expect, test } from "bun:test";
import { homedir } from "node:os";
import { join } from "node:path";
import { loaded, loadedServer } from "./config-file.ts";

describe("defaults and guesses", () => {
  test("a command alone is a stdio server with every default", async () => {
    const { server, folder } = await loadedServer({ command: "x" });
    expect(server).toEqual({
      name: "a",
      order: 0,
      transport: "stdio",
      command: "x",
      args: [],
      env: {},
      inheritEnv: true,
      cwd: folder,
      url: undefined,
      headers: {},
      startupDelayMs: 0,
      startupTimeoutMs: 60_000,
      timeoutMs: 600_000,
      isolation: "shared",
      names: "qualified",
      oauth: undefined,
      protocol: "auto",
      restart: "always",
      enabled: true,
      platforms: undefined,
    });
  });

  test.each([
    [{ url: "http://x/mcp" }, "http"],
    [{ url: "http://x/sse" }, "sse"],
    [{ url: "http://x/a/SSE/?k=1#f" }, "sse"],
    [{ url: "http://x/sse/mcp" }, "http"],
    [{ url: "http://x/mcp?next=/sse" }, "http"],
    [{ url: "http://x/sse", command: "y" }, "sse"],
    [{ url: "http://x", command: "y" }, "http"],
    [{ url: "http://x/sse", type: "http" }, "http"],
    [{ url: "http://x/mcp", type: "sse" }, "sse"],
    [{ command: "y", type: "stdio" }, "stdio"],
  ] as const)("%j is %s", async (entry, transport) => {
    expect((await loadedServer(entry)).server.transport).toBe(transport);
  });

  test("the address is guessed from after its variables are put in", async () => {
    const { server } = await loadedServer({ url: `http://x/\${P}` }, { environment: { P: "sse" } });
    expect(server.transport).toBe("sse");
  });

  test("every key is taken over", async () => {
    const entry = {
      type: "sse",
      command: "c",
      args: ["1"],
      env: { A: "b" },
      inheritEnv: false,
      cwd: "/tmp",
      url: "http://x/sse",
      headers: { "X-A": "b" },
      oauth: { clientId: "id" },
      startupDelayMs: 2000,
      startupTimeoutMs: 3000,
      timeoutMs: 4000,
      isolation: "session",
      names: "own",
      protocol: "session",
      restart: "never",
      enabled: false,
      platforms: ["macos", "windows", "linux"],
    };
    const { server } = await loadedServer(entry);
    const { type, oauth, ...rest } = entry;
    expect(server).toMatchObject({ oauth: { grant: "authorization_code", ...oauth } });
    expect(server).toEqual({
      ...rest,
      oauth: server.oauth,
      name: "a",
      order: 0,
      transport: type,
      platforms: ["darwin", "win32", "linux"],
    } as typeof server);
  });
});

describe("paths", () => {
  test("cwd counts from the configuration's folder, and ~ is home", async () => {
    const { server, folder } = await loadedServer({ command: "x", cwd: "sub/../data" });
    expect(server.cwd).toBe(join(folder, "data"));
    expect((await loadedServer({ command: "~/bin/x", cwd: "~/work" })).server).toMatchObject({
      command: join(homedir(), "bin/x"),
      cwd: join(homedir(), "work"),
    });
    expect((await loadedServer({ command: "x", cwd: "~" })).server.cwd).toBe(homedir());
    expect((await loadedServer({ command: "x", cwd: "~other" })).server.cwd).toEndWith("/~other");
  });

  test("a relative command stays as it is: it counts from cwd", async () => {
    expect((await loadedServer({ command: "./x" })).server.command).toBe("./x");
  });
});

describe("entries of other programs", () => {
  test.each(["streamable-http", "streamableHttp", "streamable_http"])("type %s is http", async (type) => {
    expect((await loadedServer({ type, url: "http://x/sse" })).server.transport).toBe("http");
    expect((await loadedServer({ transport: type, url: "http://x/sse" })).server.transport).toBe("http");
  });

  test("serverUrl and httpUrl are addresses, and httpUrl is http", async () => {
    expect((await loadedServer({ serverUrl: "http://x/sse" })).server).toMatchObject({
      transport: "sse",
      url: "http://x/sse",
    });
    expect((await loadedServer({ httpUrl: "http://x/sse" })).server).toMatchObject({
      transport: "http",
      url: "http://x/sse",
    });
  });

  test("disabled is enabled the other way round", async () => {
    expect((await loadedServer({ command: "x", disabled: true })).server.enabled).toBe(false);
    expect((await loadedServer({ command: "x", disabled: false })).server.enabled).toBe(true);
    expect((await loadedServer({ command: "x", disabled: true, enabled: false })).server.enabled).toBe(false);
  });

  test("what does nothing here is said, what nobody misses is not", async () => {
    const { warnings } = await loadedServer({
      command: "x",
      timeout: 60,
      autoApprove: [],
      alwaysAllow: ["y"],
      description: "d",
      name: "n",
      icon: "i",
    });
    expect(warnings).toEqual(["a.timeout: has no effect here. Write timeoutMs, in milliseconds."]);
  });

  test("null counts as left out", async () => {
    const { server, warnings } = await loadedServer({
      type: "stdio",
      command: "x",
      args: null,
      env: null,
      url: null,
    });
    expect(server).toMatchObject({ args: [], env: {}, url: undefined });
    expect(warnings).toEqual(
      ["args", "env", "url"].map((key) => `a.${key}: is null, which counts as left out.`),
    );
  });
});

describe("warnings", () => {
  test.each([
    [
      { url: "http://x", args: ["y"], env: { A: "b" } },
      ["a.args: has no effect without command", "a.env: has no effect without command"],
    ],
    [{ url: "http://x", args: [], env: {} }, []],
    [
      { command: "x", headers: { A: "b" }, startupDelayMs: 5 },
      ["a.headers: has no effect on a stdio server", "a.startupDelayMs: has no effect on a stdio"],
    ],
    [
      { command: "x", timeoutMs: 60 },
      ["a.timeoutMs: is 60 milliseconds. If seconds were meant, write 60000."],
    ],
    [{ command: "npx -y server" }, ["a.command: has spaces"]],
    [{ command: "/opt/my programs/x" }, []],
    [{ command: "C:\\Program Files\\x.exe" }, []],
    [
      { url: "http://x", headers: { "Content-Type": "application/json", "X-A": "1" } },
      ['a.headers["Content-Type"]: has no effect'.replace(/\["(.*)"\]/, ".$1")],
    ],
  ] as const)("%j", async (entry, expected) => {
    const { warnings } = await loadedServer(entry);
    expect(warnings).toHaveLength(expected.length);
    for (const [index, start] of expected.entries()) expect(warnings[index]).toStartWith(start);
  });

  test("headers of the protocol itself are left out", async () => {
    const { server } = await loadedServer({
      url: "http://x",
      headers: { accept: "text/html", "Mcp-Session-Id": "1", "X-A": "1" },
    });
    expect(server.headers).toEqual({ "X-A": "1" });
  });
});

describe("the original's documented examples", () => {
  const examples: readonly (readonly [string, string, object])[] = [
    [
      "a stdio server by npx, with a comment",
      `{\n  // playwright\n  "playwright": {\n    "type": "stdio",\n    "command": "npx",\n    "args": ["@playwright/mcp@latest"]\n  }\n}`,
      { transport: "stdio", command: "npx", args: ["@playwright/mcp@latest"] },
    ],
    [
      "env",
      `{ "a": { "type": "stdio", "command": "uv", "args": ["run", "x.py"], "env": { "API_URL": "http://x" } } }`,
      { env: { API_URL: "http://x" } },
    ],
    [
      "a running SSE server",
      `{ "a": { "type": "sse", "url": "http://localhost:8000/sse" } }`,
      { transport: "sse", command: undefined },
    ],
    [
      "an SSE program started here",
      `{ "a": { "type": "sse", "url": "http://127.0.0.1:8021/mcp_sse", "command": "python", "args": ["servers/sse_test_server.py"] } }`,
      { transport: "sse", command: "python", args: ["servers/sse_test_server.py"], startupDelayMs: 0 },
    ],
    ["null for args", `{ "a": { "type": "stdio", "command": "x", "args": null } }`, { args: [] }],
  ];
  test.each(examples)("%s", async (_title, text, expected) => {
    const { config } = await loaded(text);
    expect(config.servers[0]).toMatchObject(expected);
  });
});
