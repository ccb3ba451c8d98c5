/** The admin addresses over a real socket: what they tell, to whom, and what they never tell. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import type { StatusReport, ToolReport } from "@mcp-gateway/contract";
import { GatewayError, Log } from "@mcp-gateway/kit";
import { AdminAnswers } from "../../../../apps/gateway/src/admin/answers.ts";
import { errorResponse } from "../../../../apps/gateway/src/admin/responses.ts";
import { adminRoutes } from "../../../../apps/gateway/src/admin/routes.ts";
import { type GatewayView, ReadinessWatch } from "../../../../apps/gateway/src/admin/view.ts";
import { Authorizer } from "../../../../apps/gateway/src/auth/authorize.ts";
import { checkRequest } from "../../../../apps/gateway/src/guards/check-request.ts";
import { makeGuardPolicy } from "../../../../apps/gateway/src/guards/guard-policy.ts";
import { aServer, aStatus } from "../console/reports.ts";

/** A gateway reduced to what the routes see of it; it remembers what it was asked to do. */
class ScriptedView implements GatewayView {
  readonly operations: string[] = [];
  waitingFor: readonly string[] = [];
  failure: unknown;

  status(): StatusReport {
    if (this.failure !== undefined) throw this.failure;
    return aStatus({ servers: [aServer("bash", { state: "ready", tools: 1 })] });
  }
  tools(): ToolReport {
    return { tools: [] };
  }
  isReady() {
    return { ready: this.waitingFor.length === 0, waitingFor: this.waitingFor };
  }
  metrics(): string {
    return "mcp_gateway_streams 1\n";
  }
  async operate(operation: string, backend: string, input?: string): Promise<string | undefined> {
    if (this.failure !== undefined) throw this.failure;
    this.operations.push([operation, backend, ...(input === undefined ? [] : [input])].join(" "));
    return operation === "login" ? "https://auth.example.com/authorize?state=1" : undefined;
  }
}

let view: ScriptedView;
let server: ReturnType<typeof Bun.serve>;

/** In the order of the real server: guards, probes, then routes. */
function serve(required: boolean): void {
  const authorizer = new Authorizer({
    required,
    token: required ? "client-secret" : undefined,
    generated: false,
    tokenPath: undefined,
    adminToken: "admin-secret",
    adminTokenPath: "/nowhere",
  });
  view = new ScriptedView();
  const log = new Log("gateway", "critical", undefined);
  const answers = new AdminAnswers(view, authorizer, log);
  const app = adminRoutes(answers, log);
  const policy = makeGuardPolicy({ host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [] });
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const facts = {
        method: request.method,
        host: request.headers.get("host"),
        origin: request.headers.get("origin"),
        url: request.url,
      };
      const refusal = checkRequest(facts, policy);
      if (refusal !== undefined) return errorResponse(refusal);
      return answers.direct(request) ?? app.fetch(request);
    },
  });
}
beforeEach(() => serve(false));
afterEach(() => server.stop(true));

async function ask(method: string, path: string, token?: string) {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(new URL(path, server.url), { method, headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

function raw(text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(server.port), "127.0.0.1", () => socket.write(text));
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk.toString();
    if (answer.includes("}")) socket.end();
  });
  socket.on("close", () => resolve(answer));
  return promise;
}

describe("probes", () => {
  test.each([
    "GET /health HTTP/1.0\r\n\r\n",
    "GET /ready HTTP/1.0\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
  ])("%j is answered", async (text) => expect(await raw(text)).toMatch(/^HTTP\/1\.\d 200/));

  test("no other address answers without a Host, and garbage in it is refused", async () => {
    expect(await raw("GET /api/v1/status HTTP/1.0\r\n\r\n")).toContain(" 403 ");
    expect(await raw("GET /health HTTP/1.1\r\nHost: a b<>\r\n\r\n")).toContain(" 403 ");
    expect(await raw("GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\n\r\n")).toContain(" 403 ");
  });

  test("ready is 503 and names what is missing until nothing is", async () => {
    view.waitingFor = ["slow"];
    const waiting = await ask("GET", "/ready");
    expect(waiting.status).toBe(503);
    expect(JSON.parse(waiting.text)).toEqual({ ready: false, waiting: 1, waitingFor: ["slow"] });
    view.waitingFor = [];
    expect((await ask("GET", "/ready")).status).toBe(200);
  });

  test("where tokens are demanded, probes need none but tell no names", async () => {
    server.stop(true);
    serve(true);
    view.waitingFor = ["slow"];
    expect(JSON.parse((await ask("GET", "/ready")).text)).toEqual({ ready: false, waiting: 1 });
    expect((await ask("GET", "/ready", "client-secret")).text).toContain("slow");
    expect(await ask("GET", "/health")).toMatchObject({ status: 200, text: '{"status":"ok"}' });
  });
});

describe("reading", () => {
  test("status, tools and metrics are the view's, unchanged", async () => {
    expect(JSON.parse((await ask("GET", "/api/v1/status")).text)).toEqual(view.status());
    expect(JSON.parse((await ask("GET", "/api/v1/tools")).text)).toEqual(view.tools());
    const metrics = await ask("GET", "/metrics");
    expect(metrics.text).toBe(view.metrics());
    expect(metrics.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  });

  test.each(["/api/v1/status", "/api/v1/tools", "/metrics"])(
    "%s needs a token where clients need one",
    async (path) => {
      expect((await ask("GET", path)).status).toBe(200);
      server.stop(true);
      serve(true);
      const refused = await ask("GET", path);
      expect(refused.status).toBe(401);
      expect(refused.headers.get("www-authenticate")).toBe("Bearer");
      expect((await ask("GET", path, "wrong")).status).toBe(401);
      expect((await ask("GET", path, "client-secret")).status).toBe(200);
      expect((await ask("GET", path, "admin-secret")).status).toBe(200);
    },
  );

  test("no answer may be cached or read by a foreign page", async () => {
    for (const path of ["/health", "/ready", "/metrics", "/api/v1/status", "/api/v1/tools"]) {
      const { headers } = await ask("GET", path);
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

describe("operations", () => {
  test.each([
    ["/api/v1/servers/bash/start", "start bash"],
    ["/api/v1/servers/bash/stop", "stop bash"],
    ["/api/v1/servers/my%20server/restart", "restart my server"],
    ["/api/v1/reload", "reload "],
  ])("%s is done with the admin token and with no other", async (path, done) => {
    for (const token of [undefined, "client-secret", "wrong"])
      expect((await ask("POST", path, token)).status).toBe(401);
    expect(view.operations).toEqual([]);
    expect(await ask("POST", path, "admin-secret")).toMatchObject({ status: 200, text: '{"ok":true}' });
    expect(view.operations).toEqual([done]);
  });

  test.each(["spawn", "reload", "constructor", "%zz", "start%20"])(
    "%j is no operation",
    async (operation) => {
      expect((await ask("POST", `/api/v1/servers/bash/${operation}`, "admin-secret")).status).toBe(404);
      expect(view.operations).toEqual([]);
    },
  );

  test("GET does nothing", async () => {
    for (const path of ["/api/v1/reload", "/api/v1/servers/bash/stop"]) {
      expect((await ask("GET", path, "admin-secret")).status).toBe(404);
    }
    expect(view.operations).toEqual([]);
  });

  test("a body with a command in it is not even read", async () => {
    const response = await fetch(new URL("/api/v1/servers/bash/restart", server.url), {
      method: "POST",
      headers: { authorization: "Bearer admin-secret", "content-type": "application/json" },
      body: '{"command":"touch","args":["/tmp/x"], broken',
    });
    expect(response.status).toBe(200);
    expect(view.operations).toEqual(["restart bash"]);
  });

  test.each([
    ["backend-unknown", 404],
    ["operation-invalid", 409],
    ["backend-not-ready", 503],
    ["supervisor-lost", 503],
  ] as const)("the failure %s is told with its remedy as %d", async (code, status) => {
    view.failure = new GatewayError(code);
    const answer = await ask("POST", "/api/v1/servers/bash/stop", "admin-secret");
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ ok: false, code, remedy: expect.any(String) });
  });

  test("nothing of an unknown exception leaves the process", async () => {
    view.failure = new Error("canary-4711 at /secret/path");
    for (const answer of [
      await ask("POST", "/api/v1/reload", "admin-secret"),
      await ask("GET", "/api/v1/status"),
    ]) {
      expect(answer.status).toBe(500);
      expect(answer.text).not.toMatch(/canary|secret\/path/);
      expect(JSON.parse(answer.text).code).toBe("internal");
    }
  });
});

describe("errorResponse", () => {
  test("carries the id when there is one, and no id member otherwise", async () => {
    const error = new GatewayError("session-unknown");
    expect(await errorResponse(error, 7).json()).toMatchObject({
      jsonrpc: "2.0",
      id: 7,
      error: { code: -32001 },
    });
    expect(await errorResponse(error, "x").json()).toMatchObject({ id: "x" });
    expect(await errorResponse(error, null).json()).toMatchObject({ id: null });
    expect("id" in (await errorResponse(error).json())).toBe(false);
    expect(errorResponse(error).status).toBe(404);
  });

  test("an unknown exception is told as an internal error and no more", async () => {
    const response = errorResponse(new TypeError("canary-4711"), 1);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("canary");
  });

  test("405 lists the methods, those of the address where they are known", () => {
    expect(errorResponse(new GatewayError("method-not-allowed")).headers.get("allow")).toBe(
      "GET, HEAD, POST, DELETE",
    );
    const known = new GatewayError("method-not-allowed", undefined, { facts: { allow: "POST" } });
    expect(errorResponse(known).headers.get("allow")).toBe("POST");
  });
});

describe("ReadinessWatch", () => {
  const fault = { stage: "connect", message: "refused", remedy: "start it", at: 0, stderrTail: [] };

  test("waits for the first snapshot, then for each server that is neither ready nor at fault", () => {
    const watch = new ReadinessWatch();
    expect(watch.now).toEqual({ ready: false, waitingFor: ["supervisor"] });
    watch.expect(["a", "b", "c", "d"]);
    expect(watch.now).toEqual({ ready: false, waitingFor: ["a", "b", "c", "d"] });
    watch.observe(aServer("a", { state: "listing" }));
    watch.observe(aServer("b", { state: "ready" }));
    watch.observe(aServer("c", { state: "starting", fault }));
    watch.observe(aServer("d", { state: "disabled" }));
    expect(watch.now).toEqual({ ready: false, waitingFor: ["a"] });
    watch.observe(aServer("a", { state: "ready" }));
    expect(watch.now).toEqual({ ready: true, waitingFor: [] });
  });

  test("with no servers it is ready as soon as that is known", () => {
    const watch = new ReadinessWatch();
    watch.expect([]);
    expect(watch.now.ready).toBe(true);
  });

  test("is not lost again by a restart, but a new server is waited for, and one that comes again", () => {
    const watch = new ReadinessWatch();
    watch.expect(["a"]);
    watch.observe(aServer("a", { state: "ready" }));
    watch.observe(aServer("a", { state: "starting" }));
    watch.expect(["a"]);
    expect(watch.now.ready).toBe(true);
    watch.observe(aServer("b", { state: "starting" }));
    watch.forget("a");
    expect(watch.now.waitingFor).toEqual(["b"]);
    watch.observe(aServer("a", { state: "starting" }));
    watch.forget("b");
    expect(watch.now.waitingFor).toEqual(["a"]);
  });
});
