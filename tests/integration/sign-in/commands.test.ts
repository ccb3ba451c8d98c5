/** What else is done about sign-ins: ended, refused, without the gateway process, without the admin token. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startStack } from "../../support/harness.ts";
import { repositoryDirectory } from "../../support/repository.ts";
import { login } from "../../support/sign-in.ts";
import { waitFor } from "../../support/wait-for.ts";
import { filesOf, gateway, waitsForSignIn, world } from "./world.ts";

describe("other commands and names", () => {
  test("logout forgets, tells the authorization server, and the server waits for a sign-in again", async () => {
    await using here = await world();
    const { stack, authorization } = here;
    await login(stack, { server: "far" });
    const token = JSON.parse(readFileSync(filesOf(stack)[0] ?? "", "utf8")) as {
      tokens: { refreshToken: string };
    }; // Ours.
    const run = await gateway(stack, "logout", "far");
    expect(run.stdout).toContain("Signed out of far.");
    await waitsForSignIn(stack);
    expect(filesOf(stack)).toEqual([]);
    expect(authorization.seen.revocations.map((body) => body.get("token"))).toEqual([
      token.tokens.refreshToken,
    ]);
    expect(here.server.authorizations.at(-1)).toBeNull();
  });

  test("without the gateway process the supervisor itself is asked", async () => {
    await using here = await world();
    const { stack, authorization } = here;
    await stack.stop();
    const supervisor = Bun.spawn(
      [
        process.execPath,
        join(repositoryDirectory, "apps/supervisor/src/main.ts"),
        "--config",
        stack.configPath,
      ],
      { env: stack.environment, stdio: ["ignore", "ignore", "inherit"] },
    );
    try {
      const status = async (): Promise<string> => (await gateway(stack, "status")).stdout;
      await waitFor(async () => (await status()).includes("wanted a sign-in"), { what: "the supervisor" });
      const run = await login(stack, { server: "far" });
      expect(run.output).toContain("✔ far is ready");
      expect(authorization.seen.tokenRequests).toHaveLength(1);
      expect((await gateway(stack, "stop", "far")).stdout).toContain("far is stopped");
      expect((await gateway(stack, "logout", "far")).stdout).toContain("Signed out of far.");
      // One that somebody stopped stays so.
      expect(await status()).toMatch(/far .*stopped/);
      expect(filesOf(stack)).toEqual([]);
    } finally {
      supervisor.kill("SIGTERM");
      await supervisor.exited;
    }
  });

  test("at a server that wants none, it is said that there is none", async () => {
    await using plain = await startStack({ mcpServers: {} }, { until: "listening" });
    await using stack = await startStack({ mcpServers: { open: { url: plain.mcpUrl } } });
    const run = await gateway(stack, "login", "open");
    expect(run.stderr).toContain('The server "open" describes no way to sign in, and at http://127.0.0.1');
    expect((await stack.status()).servers[0]?.state).toBe("ready");
  });

  test("where there is nothing to sign in at, that is said", async () => {
    await using stack = await startStack(
      {
        mcpServers: {
          local: { command: "cat", enabled: true },
          keyed: { url: "http://127.0.0.1:9/mcp", headers: { Authorization: "Bearer abcdefgh" } },
          never: { url: "http://127.0.0.1:9/mcp", oauth: false },
          own: {
            url: "http://127.0.0.1:9/mcp",
            oauth: { grant: "client_credentials", clientId: "c", clientSecret: "secret-of-it" },
          },
        },
      },
      { until: ({ servers }) => servers.length === 4 },
    );
    const said = async (name: string): Promise<string> => (await gateway(stack, "login", name)).stderr;
    expect(await said("local")).toContain(
      'Nobody signs in at the server "local": it is a program on this machine.',
    );
    expect(await said("keyed")).toContain("its entry has an Authorization header");
    expect(await said("never")).toContain("`oauth` set to false");
    expect(await said("own")).toContain("by itself: `oauth.grant` says so");
    expect(await said("nobody")).toContain("There is no server nobody.");
  });

  test("without the admin token nobody begins or ends a sign-in, and the gateway publishes no OAuth of its own", async () => {
    await using here = await world();
    const { stack, authorization } = here;
    const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
      const init = {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      };
      return (await fetch(`${stack.url}${path}`, init)).status;
    };
    const redirectUri = "http://127.0.0.1:9/callback";
    for (const operation of ["login", "finish-login", "logout"])
      expect(await post(`/api/v1/servers/far/${operation}`, { redirectUri, callback: "?code=1" })).toBe(401);
    const admin = { authorization: `Bearer ${readFileSync(stack.paths.adminTokenPath, "utf8").trim()}` };
    expect(
      await post("/api/v1/servers/far/login", { redirectUri: "https://evil.example/callback" }, admin),
    ).toBe(503);
    expect(await post("/api/v1/servers/far/login", { redirectUri: 5 }, admin)).toBe(503);
    expect(
      await post("/api/v1/servers/far/login", { redirectUri }, { ...admin, "content-type": "text/plain" }),
    ).toBe(415);
    expect(await post("/api/v1/servers/far/finish-login", { callback: "?code=1&state=2" }, admin)).toBe(502);
    expect(authorization.seen.authorizations).toEqual([]);
    for (const path of ["oauth-protected-resource", "oauth-authorization-server", "openid-configuration"])
      expect((await fetch(`${stack.url}/.well-known/${path}`)).status).toBe(404);
  });
});
