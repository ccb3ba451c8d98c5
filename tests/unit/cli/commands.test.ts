import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StatusReport } from "@mcp-gateway/contract";
import { backendState } from "../../support/backend-state.ts";
import { adminToken, echoTools, Stage, serverStatus, statusReport } from "./support/stage.ts";

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});
afterEach(() => stage.end());

/** Serves the admin API; `requests` gets every one that carried the admin token. */
function serveAdmin(
  report: () => StatusReport,
  requests: string[] = [],
  onPost: () => unknown = () => ({ ok: true }),
): string {
  return stage.serve((request) => {
    const { pathname } = new URL(request.url);
    if (request.headers.get("authorization") !== `Bearer ${adminToken}`)
      return new Response("", { status: 401 });
    requests.push(`${request.method} ${pathname}`);
    if (pathname === "/api/v1/status") return Response.json(report());
    if (pathname === "/api/v1/tools") return Response.json(echoTools);
    return request.method === "POST" ? Response.json(onPost()) : new Response("", { status: 404 });
  });
}

describe("gateway status", () => {
  test("says that nothing runs with 3, also when the run file of a killed gateway is left", async () => {
    expect(await stage.run("status")).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining("is not running"),
    });
    const child = Bun.spawn(["true"]);
    await child.exited;
    stage.writeRunFile("http://127.0.0.1:1", child.pid);
    const { exitCode, stdout } = await stage.run("status", "--json");
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ state: "down", config: { path: stage.configPath } });
  });

  test("gives the admin token to nobody who took over the address of a gateway that died", async () => {
    const authorizations: (string | null)[] = [];
    const address = stage.serve((request) => {
      authorizations.push(request.headers.get("authorization"));
      return new Response("");
    });
    const child = Bun.spawn(["true"]);
    await child.exited;
    stage.writeRunFile(address, child.pid);
    expect((await stage.run("status")).exitCode).toBe(3);
    expect(authorizations).toEqual([]);
  });

  test("gives no token to what a folder names that others could have prepared", async () => {
    const authorizations: (string | null)[] = [];
    stage.serve((request) => {
      authorizations.push(request.headers.get("authorization"));
      return new Response("");
    });
    stage.supervise([backendState({ name: "bash" })]);
    expect((await stage.run("status")).exitCode).toBe(7);
    expect(authorizations).toEqual([`Bearer ${adminToken}`]);
    chmodSync(join(stage.paths.runtimeDirectory, ".."), 0o777);
    expect((await stage.run("status")).exitCode).toBe(3);
    expect((await stage.run("restart", "bash")).exitCode).toBe(3);
    expect(authorizations).toHaveLength(1);
  });

  test("asks the gateway with the admin token, and by no proxy", async () => {
    serveAdmin(() => statusReport([serverStatus({ name: "bash" })]));
    stage.environment["HTTP_PROXY"] = "http://127.0.0.1:1";
    stage.environment["http_proxy"] = "http://127.0.0.1:1";
    const { exitCode, stdout } = await stage.run("status");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("is ready");
    expect(stdout).not.toContain("\x1b");
  });

  test("gives the gateway's own report as JSON, and its state as exit code", async () => {
    const report = statusReport([serverStatus({ name: "bash", state: "failed" })], "degraded");
    serveAdmin(() => report);
    const { exitCode, stdout } = await stage.run("status", "--json");
    expect(exitCode).toBe(5);
    expect(JSON.parse(stdout)).toEqual(report);
  });

  test("asks the supervisor when the gateway is down", async () => {
    stage.supervise([backendState({ name: "bash" })]);
    const { exitCode, stdout } = await stage.run("status");
    expect(exitCode).toBe(7);
    expect(stdout).toContain("gateway down, supervisor up");
    expect(stdout).toMatch(/bash +stdio +ready/);
  });

  test("says with 1 that it can't tell when what answers is something else, or refuses the token", async () => {
    stage.serve(() => new Response("hello"));
    expect(await stage.run("status")).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining("no MCP Gateway"),
    });
    stage.serve(() => new Response("", { status: 401 }));
    expect(await stage.run("status")).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining("wants its admin token"),
    });
  });

  test("gives up on a gateway that does not answer", async () => {
    stage.serve(() => new Promise<Response>(() => {}));
    expect(await stage.run("status")).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining("did not answer in time"),
    });
  });

  test("asks another gateway by its address", async () => {
    const address = serveAdmin(() => statusReport([]));
    const outcome = await stage.run("status", "--url", `${address}/mcp`, "--token", adminToken);
    expect(outcome).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("is ready") });
  });
});

describe("gateway login", () => {
  test.each(["file:///etc/passwd", "javascript:alert(1)", "vscode://x", "--help", undefined])(
    "opens nothing but a page of the web: %s",
    async (url) => {
      const requests: string[] = [];
      serveAdmin(
        () => statusReport([serverStatus({ name: "far" })]),
        requests,
        () => ({ ok: true, url }),
      );
      const run = await stage.run("login", "far");
      expect(run).toMatchObject({ exitCode: 1, stdout: "" });
      expect(run.stderr).toContain("gave no address to sign in at");
      expect(requests.at(-1)).toBe("POST /api/v1/servers/far/login");
    },
  );
});

describe("gateway restart", () => {
  test("waits until the server is ready", async () => {
    const requests: string[] = [];
    let since = 1;
    let state = "ready";
    const post = (): unknown => {
      since = 2;
      state = "starting";
      setTimeout(() => {
        state = "ready";
        since = 3;
      }, 300);
      return { ok: true };
    };
    serveAdmin(() => statusReport([serverStatus({ name: "bash", since, state })]), requests, post);
    expect(await stage.run("restart", "bash")).toEqual({
      exitCode: 0,
      stdout: "✔ bash is ready with 1 tool.\n",
      stderr: "",
    });
    expect(requests).toContain("POST /api/v1/servers/bash/restart");
  });

  test("says why the server failed", async () => {
    const fault = {
      stage: "startup",
      message: "It broke.",
      remedy: "Mend it.",
      at: Date.now() + 60_000,
      stderrTail: [],
    };
    let asked = false;
    const report = (): StatusReport =>
      statusReport([serverStatus({ name: "bash", ...(asked ? { state: "failed", since: 9, fault } : {}) })]);
    serveAdmin(report, [], () => {
      asked = true;
      return { ok: true };
    });
    const { exitCode, stderr } = await stage.run("restart", "bash");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("✖ bash failed at startup: It broke.\n  → Mend it.\n");
  });

  test("names the server that was meant", async () => {
    serveAdmin(
      () => statusReport([serverStatus({ name: "bash" })]),
      [],
      () => ({ ok: false, code: "backend-unknown", message: "No." }),
    );
    const { exitCode, stderr } = await stage.run("restart", "bahs");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("There is no server bahs. Did you mean bash?");
  });

  test("asks the supervisor when the gateway is down, and nobody when nothing runs", async () => {
    const operations: string[] = [];
    stage.supervise([backendState({ name: "bash" })], operations);
    expect(await stage.run("start", "bash")).toMatchObject({ exitCode: 0 });
    expect(await stage.run("reload")).toMatchObject({ exitCode: 0 });
    expect(operations).toEqual(["start bash", "reload"]);
    stage.end();
    stage = new Stage();
    expect(await stage.run("restart", "bash")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("is not running"),
    });
  });
});

describe("gateway call", () => {
  const fault = {
    stage: "startup",
    message: "LOST_KEY is not set.",
    remedy: "Set it.",
    at: 1,
    stderrTail: [],
  };
  const lost = serverStatus({ name: "lost", state: "failed", tools: 0, fault });
  /** /mcp of a gateway that answers each call as `answer` says. */
  function serveMcp(answer: (params: unknown, id: unknown) => Response, methods: string[] = []): void {
    stage.serve(async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/api/v1/tools") return Response.json(echoTools);
      if (pathname === "/api/v1/status")
        return Response.json(statusReport([serverStatus({ name: "bash" }), lost]));
      if (pathname !== "/mcp") return new Response("", { status: 404 });
      methods.push(request.method === "POST" ? "" : request.method);
      if (request.method !== "POST") return new Response(null, { status: 204 });
      const message = JSON.parse(await request.text());
      methods[methods.length - 1] = message.method;
      if (message.method === "initialize") {
        const result = {
          protocolVersion: "2025-11-25",
          capabilities: {},
          serverInfo: { name: "x", version: "1" },
        };
        return Response.json(
          { jsonrpc: "2.0", id: message.id, result },
          { headers: { "mcp-session-id": "s1" } },
        );
      }
      if (request.headers.get("mcp-session-id") !== "s1") return new Response("", { status: 404 });
      // Every request after `initialize` says which revision was agreed (2025-06-18 and later).
      if (request.headers.get("mcp-protocol-version") !== "2025-11-25")
        return new Response("", { status: 400 });
      return message.method === "tools/call"
        ? answer(message.params, message.id)
        : new Response(null, { status: 202 });
    });
  }

  test("is a complete conversation, and prints the text", async () => {
    const methods: string[] = [];
    serveMcp(
      (params, id) =>
        Response.json({
          jsonrpc: "2.0",
          id,
          result: { content: [{ type: "text", text: JSON.stringify(params) }] },
        }),
      methods,
    );
    const { exitCode, stdout } = await stage.run("call", "bash/run", "command=ls -l", "times=2");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      name: "bash__run",
      arguments: { command: "ls -l", times: 2 },
    });
    expect(methods).toEqual(["initialize", "notifications/initialized", "tools/call", "DELETE"]);
  });

  test("reads an answer on an event stream, past what else comes on it", async () => {
    serveMcp((_, id) => {
      const events = [
        { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: id, progress: 1 } },
        {
          jsonrpc: "2.0",
          id,
          result: { content: [{ type: "text", text: "done" }], structuredContent: { a: 1 } },
        },
      ];
      const body = `: hello\r\n\r\nid: 1_0\r\ndata: \r\n\r\n${events.map((event) => `event: message\r\ndata: ${JSON.stringify(event)}\r\n\r\n`).join("")}`;
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    });
    expect(await stage.run("call", "run", "command=x")).toEqual({
      exitCode: 0,
      stdout: "done\n",
      stderr: "",
    });
    const { stdout } = await stage.run("call", "bash__run", "--json", '{"command":"x"}', "--json");
    expect(JSON.parse(stdout)).toEqual({
      content: [{ type: "text", text: "done" }],
      structuredContent: { a: 1 },
    });
  });

  test("ends with 1 on a tool's error and on the gateway's", async () => {
    serveMcp((_, id) =>
      Response.json({
        jsonrpc: "2.0",
        id,
        result: { isError: true, content: [{ type: "text", text: "no such file" }] },
      }),
    );
    expect(await stage.run("call", "bash/run", "command=x")).toEqual({
      exitCode: 1,
      stdout: "no such file\n",
      stderr: "✖ The tool answered with an error:\n",
    });
    serveMcp((_, id) =>
      Response.json({
        jsonrpc: "2.0",
        id,
        error: { code: -32000, message: "It went away.", data: { reason: "backend-lost" } },
      }),
    );
    const { exitCode, stderr } = await stage.run("call", "bash/run", "command=x");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("✖ bash/run: It went away. (backend-lost)");
  });

  test("cancels a call that takes too long", async () => {
    const methods: string[] = [];
    serveMcp(
      () => new Response(new ReadableStream({}), { headers: { "content-type": "text/event-stream" } }),
      methods,
    );
    const { exitCode, stderr } = await stage.run("call", "bash/run", "command=x", "--timeout", "1");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("did not answer within 1 s; the call was cancelled");
    expect(methods).toContain("notifications/cancelled");
  });

  test("names the tool, or the argument, that was meant", async () => {
    serveMcp(() => new Response("", { status: 500 }));
    expect((await stage.run("call", "bash/nosuch")).stderr).not.toContain("Did you mean");
    expect((await stage.run("call", "rum")).stderr).toContain("Did you mean bash/run?");
    expect((await stage.run("call", "bahs/run")).stderr).toContain("Did you mean bash/run?");
    expect((await stage.run("call", "bash/rnu")).stderr).toContain(
      "There is no tool bash/rnu. Did you mean bash/run?",
    );
    expect(await stage.run("call", "bash/run", "comand=x")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Did you mean command?"),
    });
  });

  test("says why a server has no tools now", async () => {
    serveMcp(() => new Response("", { status: 500 }));
    const { exitCode, stderr } = await stage.run("call", "lost/find");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("The server lost is failed: LOST_KEY is not set.\n  → Set it.");
    const listed = await stage.run("tools", "--server", "lost");
    expect(listed).toMatchObject({ exitCode: 0, stdout: "0 tools\n" });
    expect(listed.stderr).toContain("The server lost is failed: LOST_KEY is not set.\n  → Set it.");
    expect(await stage.run("tools", "--server", "losd")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("There is no server losd. Did you mean lost?"),
    });
  });
});

describe("gateway logs", () => {
  test("merges the files of the run by time and filters them", async () => {
    stage.writeRunFile("http://127.0.0.1:1", 1);
    mkdirSync(join(stage.directory, "logs"));
    const write = (name: string, ...lines: string[]): void =>
      writeFileSync(
        join(stage.directory, "logs", name),
        lines.map((line) => `2026-11-23 08:30:${line}\n`).join(""),
      );
    write(
      "log_20261123_083001_INFO_gateway.log",
      "01.000 INFO gateway started",
      "03.000 ERROR gateway call backend=bash",
    );
    write("log_20261123_083001_INFO_supervisor.log", "02.000 INFO supervisor ready backend=bash");
    write("log_20261122_000000_INFO_gateway.log", "00.000 INFO gateway old");
    const words = async (...args: string[]): Promise<readonly string[]> =>
      (await stage.run("logs", ...args)).stdout
        .split("\n")
        .flatMap((line) => (line === "" ? [] : [line.slice(44).trim()]));
    expect(await words()).toEqual(["started", "ready backend=bash", "call backend=bash"]);
    expect(await words("bash", "-n", "1")).toEqual(["call backend=bash"]);
    expect(await words("--level", "error")).toEqual(["call backend=bash"]);
    expect((await stage.run("logs", "bahs")).stderr).toContain("Did you mean bash?");
    // The run's files are gone, and the folder that the configuration names has those of another run.
    const directory = join(stage.directory, "others");
    mkdirSync(directory);
    writeFileSync(
      join(directory, "log_20261121_000000_INFO_gateway.log"),
      "2026-11-21 08:30:00.000 INFO gateway moved\n",
    );
    writeFileSync(stage.configPath, JSON.stringify({ gateway: { logs: { directory } }, mcpServers: {} }));
    rmSync(join(stage.directory, "logs"), { recursive: true });
    expect(await words()).toEqual(["moved"]);
  });
});

describe("gateway config check", () => {
  test("names every fault and ends with 3", async () => {
    expect(await stage.run("config", "check")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("is good: 1 server."),
    });
    writeFileSync(
      stage.configPath,
      '{ "mcpServers": {\n "a": { "command": 7 },\n "b": { "typ": "stdio", "command": "x" } } }',
    );
    const { exitCode, stderr } = await stage.run("config", "check");
    expect(exitCode).toBe(3);
    expect(stderr).toContain("has 2 faults:");
    expect(stderr).toContain("config.json:2:");
    expect(stderr).toContain("config.json:3:");
  });
});

describe("gateway up", () => {
  test("refuses wrong flags with 2 and a wrong configuration with 3, and starts nothing", async () => {
    expect(await stage.run("up", "--prot", "1")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Did you mean --port?"),
    });
    expect(await stage.run("up", "--port", "65536")).toMatchObject({ exitCode: 2 });
    expect(await stage.run("up", "--log-level", "INFO")).toMatchObject({ exitCode: 2 });
    expect(await stage.run("up", "--config", "nope.json")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining("nope.json"),
    });
    const pipe = join(stage.directory, "pipe");
    expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
    for (const [path, reason] of [
      [stage.directory, "is a folder, not a file."],
      [pipe, "is not a regular file."],
    ] as const) {
      const refused = await stage.run("up", "--config", path);
      expect(refused).toMatchObject({ exitCode: 3, stdout: "", stderr: expect.stringContaining(reason) });
    }
    writeFileSync(stage.configPath, "{");
    const { exitCode, stdout, stderr } = await stage.run("up");
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
    expect(stderr).toContain("has 1 fault:");
    expect(stderr).not.toContain("    at ");
  });
});

describe("the command line", () => {
  test("has help for every command, a version, and a word for what it does not know", async () => {
    const { stdout } = await stage.run("--help");
    for (const name of [
      "up",
      "status",
      "tools",
      "call",
      "logs",
      "restart",
      "start",
      "stop",
      "reload",
      "config",
    ]) {
      expect(stdout).toContain(`  ${name} `);
      expect(await stage.run(name, "-h")).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("Usage:"),
        stderr: "",
      });
    }
    expect((await stage.run("call", "-h")).stdout).toContain("call <server/tool> [key=value …] [options]");
    expect((await stage.run("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await stage.run("stauts")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Did you mean status?"),
    });
  });
});
