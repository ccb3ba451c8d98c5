/** What servers say about where to sign in: of other revisions, wrong, or meant to do harm. */
import { describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { AuthorizationServer } from "../../support/authorization-server.ts";
import type { ProtectedServerOptions } from "../../support/protected-server.ts";
import { login } from "../../support/sign-in.ts";
import { waitFor } from "../../support/wait-for.ts";
import { call, filesOf, type World, waitsForSignIn, world } from "./world.ts";

/** The command fails, nobody was asked for a token, and nothing is kept. */
async function refusedLogin({ stack, authorization }: World): Promise<string> {
  const run = await login(stack, {
    server: "far",
    person: () => Promise.reject(new Error("an address was shown")),
  });
  expect(run.exitCode).toBe(1);
  expect(authorization.seen.registrations).toEqual([]);
  expect(authorization.seen.tokenRequests).toEqual([]);
  expect(filesOf(stack)).toEqual([]);
  return run.output;
}

describe("metadata meant to do harm", () => {
  const bad: readonly (readonly [string, Partial<ProtectedServerOptions>, RegExp])[] = [
    [
      "a description that is no web address",
      { challenges: () => 'Bearer resource_metadata="file:///etc/hostname"' },
      /names an address for signing in that is not asked \(file:\): file is not https/,
    ],
    [
      "a description within the network of the machine",
      { challenges: () => 'Bearer resource_metadata="http://169.254.169.254/latest/meta-data"' },
      /\(http:\/\/169\.254\.169\.254\): http is not https/,
    ],
    [
      "a description that is another server's",
      { describes: (metadata) => ({ ...metadata, resource: "https://victim.example/mcp" }) },
      /victim\.example\/mcp does not match/,
    ],
    [
      "an authorization server that is a file",
      { describes: (metadata) => ({ ...metadata, authorization_servers: ["file:///etc"] }) },
      /does not let itself be signed in at|is not asked/,
    ],
    ["a description that is none", { describes: () => ({ resource: 5 }) }, /what it describes is malformed/],
    [
      "a description without end",
      { describes: (metadata) => ({ ...metadata, filler: "x".repeat(1024 * 1024) }) },
      /is longer than 262144 bytes/,
    ],
  ];

  test.each(bad)("%s", async (_what, server, reason) => {
    await using here = await world({ server });
    expect(await refusedLogin(here)).toMatch(reason);
  });

  test.each<[string, (metadata: Record<string, unknown>) => unknown, RegExp]>([
    [
      "of another issuer",
      (metadata) => ({ ...metadata, issuer: "https://bank.example" }),
      /is that of another one, https:\/\/bank\.example/,
    ],
    [
      "with a page that is a script",
      (metadata) => ({ ...metadata, authorization_endpoint: "javascript:alert(1)" }),
      /malformed|is not https/,
    ],
    [
      "with a page that is a file",
      (metadata) => ({ ...metadata, authorization_endpoint: "file:///etc/passwd" }),
      /malformed|is not https/,
    ],
    [
      "with a page on the internet over http",
      (metadata) => ({ ...metadata, authorization_endpoint: "http://bank.example/a" }),
      /is not https/,
    ],
    [
      "with a token endpoint over http",
      (metadata) => ({ ...metadata, token_endpoint: "http://bank.example/t" }),
      /is not https/,
    ],
    [
      "without PKCE",
      (metadata) => ({ ...metadata, code_challenge_methods_supported: ["plain"] }),
      /does not support code challenge method S256/,
    ],
    [
      "that registers at an address nobody asks",
      (metadata) => ({ ...metadata, registration_endpoint: "http://10.0.0.1/register" }),
      /is not asked \(http:\/\/10\.0\.0\.1\)/,
    ],
  ])("an authorization server %s", async (_what, describes, reason) => {
    await using here = await world({ authorization: { describes } });
    const run = await login(here.stack, {
      server: "far",
      person: () => Promise.reject(new Error("an address was shown")),
    });
    expect(run.output).toMatch(reason);
    expect(run.exitCode).toBe(1);
    expect(here.authorization.seen.tokenRequests).toEqual([]);
  });

  test("words that would colour or move on a terminal are said without that", async () => {
    const issuer = "https://bank.example/\u001b[31m\u0007\u202e";
    await using here = await world({ authorization: { describes: (metadata) => ({ ...metadata, issuer }) } });
    const said = await refusedLogin(here);
    expect(said).toContain("is that of another one, https://bank.example/");
    expect(said).not.toMatch(/[\u001b\u0007\u202e]/u);
  });

  test("a redirect to elsewhere is not followed, and the target hears nothing", async () => {
    let heard = 0;
    using target = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => {
        heard += 1;
        return Response.json({});
      },
    });
    await using here = await world({
      server: {
        also: (_request, url) =>
          url.pathname.startsWith("/.well-known/")
            ? Response.redirect(`http://127.0.0.1:${target.port}/`, 302)
            : undefined,
      },
    });
    expect(await refusedLogin(here)).toMatch(/HTTP 302/);
    expect(heard).toBe(0);
  });

  test("a code and a secret go to the issuer that gave the client, and to no other that the server names later", async () => {
    using second = new AuthorizationServer();
    let named: AuthorizationServer | undefined;
    await using here = await world({
      server: {
        describes: (metadata) =>
          named === undefined ? metadata : { ...metadata, authorization_servers: [named.issuer] },
      },
    });
    const { stack, authorization } = here;
    expect((await login(stack, { server: "far" })).exitCode).toBe(0);
    named = second;
    authorization.revokeAll();
    await call(stack);
    await waitsForSignIn(stack);
    // The refresh token was offered to its own issuer alone.
    expect(second.seen.paths).toEqual([]);
    await login(stack, { server: "far" });
    const [first] = authorization.seen.authorizations;
    expect(second.seen.registrations).toHaveLength(1);
    expect(second.seen.authorizations[0]?.get("client_id")).not.toBe(first?.get("client_id"));
    for (const body of second.seen.tokenRequests) expect(body.get("grant_type")).toBe("authorization_code");
  });

  test("a configured secret goes to the configured issuer, whatever the server names", async () => {
    using thief = new AuthorizationServer({
      client: { id: "known", secret: "the-one-secret" },
      registers: false,
    });
    using own = new AuthorizationServer({
      client: { id: "known", secret: "the-one-secret" },
      registers: false,
    });
    await using here = await world({
      server: {
        authorization: own,
        describes: (metadata) => ({ ...metadata, authorization_servers: [thief.issuer] }),
      },
      oauth: { clientId: "known", clientSecret: "the-one-secret", issuer: own.issuer },
    });
    await login(here.stack, { server: "far" });
    expect(thief.seen.paths).toEqual([]);
    expect(own.seen.tokenRequests).toHaveLength(1);
  });
});

describe("servers of 2025-03-26", () => {
  /** Both in one: the server describes nothing, its own origin is the authorization server. */
  test("that describe their endpoints at their own origin", async () => {
    using inner = new AuthorizationServer();
    const rewritten = (text: string, origin: string): string => text.replaceAll(inner.issuer, origin);
    const paths = ["/.well-known/oauth-authorization-server", "/register", "/authorize", "/token"];
    await using here = await world({
      server: {
        describesItself: false,
        authorization: inner,
        // The SDK's discovery asks the server's own origin, so that the two are one to whoever asks.
        also: (request, url) =>
          paths.includes(url.pathname) ? passedOn(request, url, inner, rewritten) : undefined,
      },
    });
    expect((await login(here.stack, { server: "far" })).output).toContain("Signed in at far.");
    expect((await call(here.stack)).error).toBeUndefined();
    expect(inner.seen.authorizations[0]?.get("resource")).toBeNull();
  });

  test("that describe nothing at all have their endpoints at their origin", async () => {
    using inner = new AuthorizationServer();
    const paths = ["/register", "/authorize", "/token"];
    await using here = await world({
      server: {
        describesItself: false,
        authorization: inner,
        also: (request, url) =>
          paths.includes(url.pathname) ? passedOn(request, url, inner, (text) => text) : undefined,
      },
    });
    expect((await login(here.stack, { server: "far" })).output).toContain("Signed in at far.");
    expect((await call(here.stack)).error).toBeUndefined();
  });
});

function passedOn(
  request: Request,
  url: URL,
  inner: AuthorizationServer,
  rewritten: (text: string, origin: string) => string,
): Promise<Response> {
  const target = `${inner.issuer}${url.pathname}${url.search}`;
  const { method, headers } = request;
  return fetch(target, {
    method,
    headers,
    body: method === "POST" ? request.body : null,
    redirect: "manual",
  }).then(async (response) => {
    const answered = new Headers(response.headers);
    answered.delete("content-length");
    answered.delete("content-encoding");
    return new Response(rewritten(await response.text(), url.origin), {
      status: response.status,
      headers: answered,
    });
  });
}

test("a server with Basic, or with another scheme alone, wants no sign-in: what it says is shown as before", async () => {
  await using here = await world({
    server: { challenges: () => 'Basic realm="far"' },
    until: ({ servers }) => servers[0]?.fault?.stage === "connect",
  });
  const [server] = (await here.stack.status()).servers;
  expect(server?.fault?.remedy).toContain("headers.Authorization");
  expect(server?.state).toBe("backing-off");
});

test("a configuration that never signs in keeps the old remedy", async () => {
  await using here = await world({
    oauth: false,
    until: ({ servers }) => servers[0]?.fault?.stage === "connect",
  });
  expect((await here.stack.status()).servers[0]?.fault?.message).toContain("answered HTTP 401");
});

test("a file of a sign-in that others could read is not used", async () => {
  await using here = await world();
  const { stack } = here;
  await login(stack, { server: "far" });
  const [path = ""] = filesOf(stack);
  chmodSync(path, 0o644);
  stack.writeConfig({
    mcpServers: { far: { url: here.server.url, timeoutMs: 5_000, oauth: { scopes: ["x"] } } },
  });
  await waitsForSignIn(stack);
  await waitFor(() => stack.logs().includes("sign-in not read"), { what: "the log to say it" });
});
