/** A person signs in at a server, with the command and a browser, and the server is there at once. */
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AuthorizationServerOptions } from "../../support/authorization-server.ts";
import { startStack } from "../../support/harness.ts";
import { signal } from "../../support/processes.ts";
import { ProtectedServer } from "../../support/protected-server.ts";
import { repositoryDirectory } from "../../support/repository.ts";
import { addressAfter, browse, login } from "../../support/sign-in.ts";
import { waitFor } from "../../support/wait-for.ts";
import { call, filesOf, gateway, waitsForSignIn, world } from "./world.ts";

test("a server that wants a sign-in says so everywhere, with the command, and is there at once after it", async () => {
  await using here = await world();
  const { stack, server, authorization } = here;
  expect((await stack.status()).servers[0]).toMatchObject({
    note: "waits for a sign-in",
    fault: { message: 'The server "far" wants somebody to sign in.', remedy: "Sign in: `gateway login far`" },
  });
  const shown = await gateway(stack, "status");
  expect(shown.stdout).toMatch(/wanted a sign-in .*next try in/);
  expect(shown.stdout).toMatch(/→ Sign in: .*login far --config/);
  await waitFor(() => stack.logs().includes('far: sign-in: The server "far" wants somebody to sign in.'), {
    what: "the panel to say it",
  });
  const refused = await call(stack);
  expect(refused.error?.message).toContain("wants somebody to sign in. Sign in: `gateway login far`");
  expect(server.calls).toBe(0);

  const run = await login(stack, { server: "far" });
  expect(run.output).toContain("✔ Signed in at far.\n✔ far is ready with 1 tool.");
  expect(run.exitCode).toBe(0);
  expect((await call(stack)).result).toEqual({ content: [{ type: "text", text: "call 1" }] });
  expect(authorization.seen.registrations).toHaveLength(1);
  expect(authorization.seen.registrations[0]).toMatchObject({
    ...{ client_name: "MCP Gateway", application_type: "native", token_endpoint_auth_method: "none" },
    grant_types: ["authorization_code", "refresh_token"],
  });
  expect(authorization.seen.authorizations[0]?.get("resource")).toBe(server.url);
  expect(authorization.seen.tokenRequests[0]?.get("resource")).toBe(server.url);
});

test("what is secret is in one file for this user alone, and nowhere else", async () => {
  await using here = await world({ authorization: { methods: ["client_secret_post"] } });
  const { stack, authorization, server } = here;
  await login(stack, { server: "far" });
  await call(stack);
  const [path = ""] = filesOf(stack);
  expect(filesOf(stack)).toHaveLength(1);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const kept = JSON.parse(readFileSync(path, "utf8")) as Record<string, Record<string, string>>; // The gateway's own file.
  const code = authorization.seen.tokenRequests[0]?.get("code") ?? "none";
  const secrets = [
    kept["tokens"]?.["accessToken"],
    kept["tokens"]?.["refreshToken"],
    kept["client"]?.["client_secret"],
    code,
  ];
  const said = [
    stack.logs(),
    JSON.stringify(await stack.status()),
    (await gateway(stack, "status")).stdout,
  ].join("\n");
  for (const secret of secrets) {
    expect(secret?.length ?? 0).toBeGreaterThan(20);
    expect(said).not.toContain(secret ?? "");
  }
  // A server's own words, too: it repeats what it was sent.
  expect(server.authorizations.at(-1)).toBe(`Bearer ${kept["tokens"]?.["accessToken"]}`);
});

test("it outlives the supervisor and the whole gateway, and needs nobody again", async () => {
  await using here = await world();
  const { stack, authorization } = here;
  await login(stack, { server: "far" });
  const { supervisor } = await stack.pids();
  signal(supervisor, "SIGKILL");
  await waitFor(async () => (await stack.pids()).supervisor !== supervisor, { what: "another supervisor" });
  await waitFor(async () => (await call(stack)).error === undefined, { what: "a call that works" });
  expect(authorization.seen.authorizations).toHaveLength(1);
  expect(authorization.seen.tokenRequests).toHaveLength(1);
});

test("a changed address of the entry has no sign-in, and the former one's token goes nowhere", async () => {
  await using here = await world();
  const { stack, authorization } = here;
  await login(stack, { server: "far" });
  using other = new ProtectedServer({ authorization });
  stack.writeConfig({ mcpServers: { far: { url: other.url } } });
  await waitsForSignIn(stack);
  expect(other.authorizations.every((header) => header === null)).toBe(true);
});

test("a browser elsewhere: the address it ended at is pasted", async () => {
  await using here = await world();
  const { stack } = here;
  const run = await login(stack, {
    server: "far",
    person: async (url, type) => {
      type("what is this");
      type("http://127.0.0.1:1/callback?code=x&state=wrong");
      type(await addressAfter(url));
    },
  });
  expect(run).toMatchObject({ exitCode: 0 });
  await stack.waitReady();
});

test("the browser is started with the address as one argument, where there is a screen", async () => {
  await using here = await world();
  const { stack } = here;
  const mark = join(stack.directory, "opened");
  writeFileSync(join(stack.directory, "xdg-open"), `#!/bin/sh\nprintf '%s\\n' "$#" "$1" > '${mark}'\n`);
  chmodSync(join(stack.directory, "xdg-open"), 0o755);
  const PATH = `${stack.directory}:${process.env["PATH"] ?? ""}`;
  const run = await login(stack, {
    server: "far",
    environment: { DISPLAY: ":0", PATH, SSH_CONNECTION: "", SSH_TTY: "" },
    person: async (url) => {
      const [count, opened] = await waitFor(
        () => existsSync(mark) && readFileSync(mark, "utf8").trim().split("\n"),
      );
      expect([count, opened]).toEqual(["1", url]);
      await browse(opened ?? "");
    },
  });
  expect(run.exitCode).toBe(0);
});

describe("what is not of this sign-in", () => {
  test("a page that guesses gets nothing, and the sign-in goes on", async () => {
    await using here = await world();
    const answers: number[] = [];
    const run = await login(here.stack, {
      server: "far",
      person: async (url) => {
        const back = new URL(new URL(url).searchParams.get("redirect_uri") ?? "");
        const tries: readonly (readonly [string, RequestInit?])[] = [
          [`${back.href}?code=stolen&state=guessed`],
          [`${back.href}?error=access_denied`],
          [`${back.origin}/`],
          [`${back.origin}/callback/more?code=1&state=2`],
          [`${back.href}?code=1&state=2`, { method: "POST" }],
          [`${back.href}?code=1&state=2`, { headers: { host: "evil.example" } }],
        ];
        for (const [address, init] of tries) answers.push((await fetch(address, init)).status);
        await browse(url);
      },
    });
    expect(answers).toEqual([400, 400, 404, 404, 404, 404]);
    expect(run.exitCode).toBe(0);
  });

  test.each<[string, AuthorizationServerOptions, RegExp]>([
    [
      "a person who declines",
      {
        sendsBack: (target) => {
          target.searchParams.delete("code");
          target.searchParams.set("error", "access_denied");
          return target;
        },
      },
      /the authorization server says access_denied/,
    ],
    [
      "an answer of another authorization server",
      {
        iss: true,
        sendsBack: (target) => {
          target.searchParams.set("iss", "https://evil.example");
          return target;
        },
      },
      /does not come from the authorization server that was asked/,
    ],
    [
      "a token that no header can carry",
      { gives: (tokens) => ({ ...tokens, access_token: "a\r\nX-Evil: b" }) },
      /gives a token that no header can carry/,
    ],
    [
      "a token of a kind that is not understood",
      { gives: (tokens) => ({ ...tokens, token_type: "DPoP" }) },
      /gives tokens of the type DPoP, and only Bearer is understood/,
    ],
    [
      "a code that is another's",
      {
        sendsBack: (target) => {
          target.searchParams.set("code", "another");
          return target;
        },
      },
      /gives no token: invalid_grant: this is invalid_grant/,
    ],
  ])("%s is told in the terminal and in the browser", async (_what, options, reason) => {
    await using here = await world({ authorization: options });
    let page = "";
    const run = await login(here.stack, {
      server: "far",
      person: async (url) => {
        const response = await fetch(url);
        page = await response.text();
        expect(response.status).toBe(400);
      },
    });
    expect(run.exitCode).toBe(1);
    expect(run.output).toMatch(reason);
    expect(page).toMatch(reason);
    expect(filesOf(here.stack)).toEqual([]);
    expect((await here.stack.status()).servers[0]?.state).toBe("failed");
  });
});

describe("clients", () => {
  test("one that registered itself is used again while the way back is the same", async () => {
    await using here = await world();
    const { stack, authorization } = here;
    const redirectUris: (string | null)[] = [];
    for (let count = 0; count < 2; count += 1) {
      const run = await login(stack, {
        server: "far",
        person: async (url) => {
          redirectUris.push(new URL(url).searchParams.get("redirect_uri"));
          await browse(url);
        },
      });
      expect(run.exitCode).toBe(0);
    }
    // Another program can hold the usual port; then the second sign-in comes back elsewhere, as another client.
    expect(authorization.seen.registrations).toHaveLength(new Set(redirectUris).size);
  });

  test("one that the authorization server has forgotten is registered anew", async () => {
    await using here = await world();
    const { stack, authorization } = here;
    await login(stack, { server: "far" });
    authorization.forgetClients();
    expect((await call(stack)).error?.message).toMatch(/not good any more/);
    await waitsForSignIn(stack);
    expect(await login(stack, { server: "far" })).toMatchObject({ exitCode: 0 });
    expect(authorization.seen.registrations).toHaveLength(2);
    expect((await call(stack)).error).toBeUndefined();
  });

  test("one with which somebody did not come back is not trusted again", async () => {
    await using here = await world({ authorization: { givesRefreshTokens: false } });
    const { stack, authorization } = here;
    await login(stack, { server: "far" });
    authorization.forgetClients();
    // The authorization server shows a page of its own that it knows no such client, and sends nobody back.
    const given = await login(stack, {
      server: "far",
      person: async (url, _type, giveUp) => {
        expect((await fetch(url)).status).toBe(400);
        giveUp();
      },
    });
    expect(given.exitCode).not.toBe(0);
    expect(await login(stack, { server: "far" })).toMatchObject({ exitCode: 0 });
  });

  test("one that was registered by hand, with its secret and its way back", async () => {
    using blocker = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    const redirectUri = `http://localhost:${blocker.port}/oauth/back`;
    await using here = await world({
      authorization: { registers: false, client: { id: "known", secret: "its-secret" } },
      oauth: { clientId: "known", clientSecret: "its-secret", redirectUri },
    });
    const blocked = await login(here.stack, { server: "far" });
    expect(blocked.exitCode).toBe(1);
    expect(blocked.output).toContain(`is to come back to ${redirectUri}, and nobody can listen there`);
    await blocker.stop(true);
    const run = await login(here.stack, { server: "far" });
    expect(run).toMatchObject({ exitCode: 0 });
    expect(here.authorization.seen.authorizations.at(-1)?.get("redirect_uri")).toBe(redirectUri);
    expect(readFileSync(filesOf(here.stack)[0] ?? "", "utf8")).not.toContain("its-secret");
    expect(here.stack.logs()).not.toContain("its-secret");
  });

  test("where nobody can register, it is said what to do", async () => {
    await using here = await world({ authorization: { registers: false } });
    const run = await login(here.stack, { server: "far" });
    expect(run.exitCode).toBe(1);
    expect(run.output).toMatch(
      /registers no clients by itself. Register one there, for the address http:\/\/127\.0\.0\.1:\d+\/callback, and set `oauth\.clientId`/,
    );
  });
});

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
      { until: "listening" },
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
