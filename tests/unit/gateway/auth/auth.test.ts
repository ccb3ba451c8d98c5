/** Who needs which token, where it comes from, and that only the right one opens. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GatewayError, redact } from "@mcp-gateway/kit";
import { errorResponse } from "../../../../apps/gateway/src/admin/responses.ts";
import { type Access, Authorizer } from "../../../../apps/gateway/src/auth/authorize.ts";
import { type AuthDecision, decideAuth } from "../../../../apps/gateway/src/auth/decide-auth.ts";
import { needsClientToken } from "../../../../apps/gateway/src/auth/path-access.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "gateway-auth-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function decide(host: string, configuredToken?: string): AuthDecision {
  const stateDirectory = join(directory, "state");
  return decideAuth({
    host,
    configuredToken,
    paths: {
      stateDirectory,
      adminTokenPath: join(stateDirectory, "admin-token"),
      clientTokenPath: join(stateDirectory, "client-token"),
    },
  });
}

describe("decideAuth", () => {
  test("on loopback without a configured token, clients need none", () => {
    expect(decide("127.0.0.1")).toMatchObject({
      required: false,
      token: undefined,
      generated: false,
      tokenPath: undefined,
    });
  });

  test.each(["0.0.0.0", "::", "192.168.1.5", "desk.lan", ""])(
    "bound to %j without a token, one is made and kept",
    (host) => {
      const decision = decide(host);
      expect(decision).toMatchObject({
        required: true,
        generated: true,
        tokenPath: join(directory, "state", "client-token"),
      });
      expect(decision.token).toMatch(/^[\w-]{43}$/);
      expect(readFileSync(decision.tokenPath ?? "", "utf8").trim()).toBe(decision.token as never);
      expect(statSync(decision.tokenPath ?? "").mode & 0o777).toBe(0o600);
      expect(decide(host).token).toBe(decision.token);
    },
  );

  test.each(["127.0.0.1", "0.0.0.0"])(
    "a configured token is demanded everywhere (%s) and no other is made",
    (host) => {
      const decision = decide(host, "my-own-token");
      expect(decision).toMatchObject({
        required: true,
        token: "my-own-token",
        generated: false,
        tokenPath: undefined,
      });
    },
  );

  test("an empty configured token counts as none: it never opens a wide gateway", () => {
    expect(decide("0.0.0.0", "")).toMatchObject({ required: true, generated: true });
    expect(decide("127.0.0.1", "")).toMatchObject({ required: false });
  });

  test.each(["with space", "comma,comma", "ünï", "line\nbreak"])(
    "a token that no header can carry is refused: %j",
    (token) => {
      expect(() => decide("127.0.0.1", token)).toThrow(GatewayError);
    },
  );

  test("an admin token is always there, and tokens are struck out of every text", () => {
    const decision = decide("0.0.0.0");
    expect(decision.adminToken).toMatch(/^[\w-]{43}$/);
    expect(decision.adminToken).not.toBe(decision.token as never);
    expect(redact(`a ${decision.adminToken} b ${decision.token}`)).toBe("a [redacted] b [redacted]");
  });
});

describe("Authorizer", () => {
  const decision: AuthDecision = {
    required: true,
    token: "client-secret",
    generated: false,
    tokenPath: undefined,
    adminToken: "admin-secret",
    adminTokenPath: "/nowhere",
  };
  const demanding = new Authorizer(decision);
  const open = new Authorizer({ ...decision, required: false, token: undefined });
  const rows: readonly [string | null, Access, boolean, boolean][] = [
    // header, access, opens when a token is required, opens on plain loopback
    [null, "client", false, true],
    [null, "read", false, true],
    [null, "admin", false, false],
    ["Bearer client-secret", "client", true, true],
    ["Bearer client-secret", "read", true, true],
    ["Bearer client-secret", "admin", false, false],
    ["Bearer admin-secret", "client", false, true],
    ["Bearer admin-secret", "read", true, true],
    ["Bearer admin-secret", "admin", true, true],
    ["Bearer client-secre", "client", false, true],
    ["Bearer client-secrett", "client", false, true],
    ["Bearer CLIENT-SECRET", "client", false, true],
    ["Basic client-secret", "client", false, true],
    ["client-secret", "client", false, true],
    ["Bearer client-secret, Bearer x", "client", false, true],
    ["Bearer admin-secret, Bearer x", "admin", false, false],
    ["Bearer undefined", "admin", false, false],
    ["Bearer ", "admin", false, false],
    ["", "client", false, true],
  ];
  test.each(rows)("%j for %s: %p when required, %p when not", (header, access, whenRequired, whenNot) => {
    expect(demanding.check(header, access) === undefined).toBe(whenRequired);
    expect(open.check(header, access) === undefined).toBe(whenNot);
  });

  test("a refusal is 401 with a plain Bearer challenge and says nothing of the token", async () => {
    const refusal = demanding.check("Bearer wrong-secret", "client");
    const response = errorResponse(refusal);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await response.text()).not.toMatch(/wrong-secret|client-secret/);
  });

  test("a decision that demands a token without having one is a mistake, not an open door", () => {
    expect(() => new Authorizer({ ...decision, token: undefined })).toThrow();
  });
});

describe("the addresses that a client's token stands in front of", () => {
  test.each([
    "/mcp",
    "/mcp/",
    "/sse",
    "/sse/",
    "/messages",
    "/messages/",
    "/servers/a/mcp",
    "/servers/a/mcp/",
    "/",
    "/new",
    "/health/",
    "/metricsx",
    "/api/v1",
    "//mcp",
    "/%6dcp",
    "/MCP",
    "/profiles/x/mcp",
  ])("%s is behind it", (path) => expect(needsClientToken(path)).toBe(true));
  test.each(["/health", "/ready", "/metrics", "/api/v1/status", "/api/v1/servers/a/stop"])(
    "%s decides by itself",
    (path) => expect(needsClientToken(path)).toBe(false),
  );
});

test("a token file that was emptied is made anew", () => {
  const first = decide("0.0.0.0");
  writeFileSync(first.adminTokenPath, "\n");
  const second = decide("0.0.0.0");
  expect(second.adminToken).toMatch(/^[\w-]{43}$/);
  expect(second.adminToken).not.toBe(first.adminToken);
  expect(second.token).toBe(first.token);
});
