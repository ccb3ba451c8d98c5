/** Tokens end, are withdrawn, or lack rights, while clients call. */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OAuthSettings } from "@mcp-gateway/config";
import { Log, ManualClock } from "@mcp-gateway/kit";
import { CredentialFile } from "../../../apps/supervisor/src/sign-in/credential-file.ts";
import { SignIn } from "../../../apps/supervisor/src/sign-in/sign-in.ts";
import { signal } from "../../support/processes.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { login } from "../../support/sign-in.ts";
import { waitFor } from "../../support/wait-for.ts";
import { call, filesOf, signedIn, waitsForSignIn, world } from "./world.ts";

const callCount = 100;
const log = new Log("supervisor", "critical", undefined);
const settings: OAuthSettings = {
  grant: "authorization_code",
  ...{ clientId: undefined, clientSecret: undefined, privateKey: undefined, clientMetadataUrl: undefined },
  ...{ scopes: undefined, issuer: undefined, redirectUri: undefined },
};

async function callsAtOnce(url: string): Promise<readonly unknown[]> {
  await using client = await openRawClient(url);
  const calls = Array.from({ length: callCount }, () =>
    client.request("tools/call", { name: "far__count", arguments: {} }, { timeoutMs: 20_000 }),
  );
  return (await Promise.all(calls)).map(({ error }) => error?.message);
}

const nothing = Array.from({ length: callCount }, () => undefined);

describe("a hundred calls at once", () => {
  test("with a token that was just withdrawn make one renewal, and each runs once", async () => {
    await using here = await signedIn({ authorization: { delayMs: 20 } });
    const { stack, authorization, server } = here;
    authorization.expireTokens();
    expect(await callsAtOnce(stack.mcpUrl)).toEqual(nothing);
    expect(authorization.seen.refreshes).toBe(1);
    expect(server.calls).toBe(callCount);
    expect((await stack.status()).servers[0]?.restarts).toBe(1);
  });

  test("with a token that has run out make one renewal", async () => {
    await using here = await signedIn({ authorization: { delayMs: 20 } });
    const { stack, authorization, server } = here;
    outdate(filesOf(stack)[0] ?? "");
    const clock = new ManualClock(); // No timer renews it, as after a night in which the machine slept.
    const { accessToken } = tokensIn(filesOf(stack)[0] ?? "");
    const file = new CredentialFile(join(stack.paths.stateDirectory, "sign-ins"), "far", server.url, log);
    const signIn = new SignIn({
      ...{ backend: "far", url: server.url, settings, file, log, clock },
      random: Math.random,
    });
    const headers = await Promise.all(Array.from({ length: callCount }, () => signIn.header()));
    expect(new Set(headers).size).toBe(1);
    expect(authorization.check(headers[0] ?? null)).toBeDefined();
    expect(authorization.seen.refreshes).toBe(1);
    // A refusal of the former one that comes late asks nobody.
    const refusal = new Response(null, { status: 401, headers: { "www-authenticate": "Bearer" } });
    expect(await signIn.refused(refusal, `Bearer ${accessToken}`)).toBe("again");
    expect(authorization.seen.refreshes).toBe(1);
    signIn.end();
  });

  test("after a start with a token that has run out: it is renewed first, and nothing is refused", async () => {
    await using here = await signedIn();
    const { stack, authorization, server } = here;
    const refusals = server.refusals;
    outdate(filesOf(stack)[0] ?? "");
    const { supervisor } = await stack.pids();
    signal(supervisor, "SIGKILL");
    await waitFor(async () => (await stack.pids()).supervisor !== supervisor, { what: "another supervisor" });
    await waitFor(() => authorization.seen.refreshes > 0, { what: "the renewal" });
    await waitFor(async () => (await call(stack)).error === undefined, { what: "a call that works" });
    expect(await callsAtOnce(stack.mcpUrl)).toEqual(nothing);
    expect([authorization.seen.refreshes, server.refusals]).toEqual([1, refusals]);
  });

  test("after everything was withdrawn ask the token endpoint once, and say what to do", async () => {
    await using here = await signedIn();
    const { stack, authorization, server } = here;
    const asked = authorization.seen.tokenRequests.length;
    authorization.revokeAll();
    const messages = await callsAtOnce(stack.mcpUrl);
    for (const message of messages) expect(message).toMatch(/not good any more|not ready/);
    expect(server.calls).toBe(0);
    await waitsForSignIn(stack);
    expect(authorization.seen.tokenRequests.length).toBe(asked + 1);
    // What was refused is not even kept.
    expect(tokensIn(filesOf(stack)[0] ?? "").refreshToken).toBeUndefined();
    // Later calls are refused here, without a word to anybody.
    const refusals = server.refusals;
    expect((await call(stack)).error?.message).toMatch(/gateway login far/);
    expect([authorization.seen.tokenRequests.length, server.refusals]).toEqual([asked + 1, refusals]);
    // And somebody who signs in brings it all back.
    await login(stack, { server: "far" });
    expect((await call(stack)).error).toBeUndefined();
  });
});

describe("in the background", () => {
  test("a token is renewed before it ends, and no call is refused", async () => {
    await using here = await signedIn({ authorization: { tokenSeconds: 2 } });
    const { stack, authorization, server } = here;
    const refusals = server.refusals;
    await waitFor(() => authorization.seen.refreshes >= 2, { what: "two renewals", timeoutMs: 15_000 });
    expect(server.refusals).toBe(refusals);
    expect((await call(stack)).error).toBeUndefined();
    // Each refresh token was good once, so each new one was kept.
    const { refreshToken } = tokensIn(filesOf(stack)[0] ?? "");
    expect(authorization.seen.tokenRequests.map((body) => body.get("refresh_token"))).not.toContain(
      refreshToken ?? "none",
    );
  });

  test("an authorization server that is away is not hammered, and calls say who is away", async () => {
    await using here = await signedIn();
    const { stack, authorization, server } = here;
    authorization.isDown = true;
    authorization.expireTokens();
    const asked = authorization.seen.tokenRequests.length;
    const messages = await callsAtOnce(stack.mcpUrl);
    for (const message of messages)
      expect(message).toMatch(/The authorization server of "far" \(http:.*\) gives no token: .*503/);
    expect(authorization.seen.tokenRequests.length - asked).toBeLessThanOrEqual(2);
    expect(server.calls).toBe(0);
    authorization.isDown = false;
    await waitFor(async () => (await call(stack)).error === undefined, {
      what: "a call that works",
      timeoutMs: 20_000,
    });
    expect(authorization.seen.authorizations).toHaveLength(1);
  });

  test("without a refresh token somebody signs in again when it ends", async () => {
    await using here = await signedIn({ authorization: { givesRefreshTokens: false } });
    here.authorization.expireTokens();
    expect((await call(here.stack)).error?.message).toMatch(/is not good any more/);
    await waitsForSignIn(here.stack);
    expect(here.authorization.seen.tokenRequests).toHaveLength(1);
  });
});

describe("rights", () => {
  test("that a call lacks are asked for on top of those that are there; the server stays ready", async () => {
    await using here = await signedIn({ server: { scope: "read", callScope: "write" } });
    const { stack, authorization, server } = here;
    const refused = await call(stack);
    expect(refused.error).toMatchObject({
      message: 'The sign-in at the server "far" does not allow this (write). The call was not run.',
      data: { reason: "sign-in-scope", remedy: "`gateway login far` asks for the further rights." },
    });
    expect((await stack.status()).servers[0]).toMatchObject({ state: "ready", restarts: 1 });
    const { exitCode } = await login(stack, { server: "far" });
    expect(exitCode).toBe(0);
    expect(authorization.seen.authorizations.map((asked) => asked.get("scope"))).toEqual([
      "read",
      "read write",
    ]);
    expect((await call(stack)).error).toBeUndefined();
    // The connection was not made anew for it.
    expect((await stack.status()).servers[0]).toMatchObject({ state: "ready", restarts: 1 });
    expect(server.calls).toBe(1);
  });

  test("what the server describes is asked for, and the configuration's word counts before it", async () => {
    await using described = await world({
      server: { scopesSupported: ["a", "b"] },
      authorization: { scopesSupported: ["offline_access"] },
    });
    await login(described.stack, { server: "far" });
    expect(described.authorization.seen.authorizations[0]?.get("scope")).toBe("a b offline_access");
    expect(described.authorization.seen.authorizations[0]?.get("prompt")).toBe("consent");
    await using configured = await world({ server: { scope: "a" }, oauth: { scopes: ["only"] } });
    await login(configured.stack, { server: "far" });
    expect(configured.authorization.seen.authorizations[0]?.get("scope")).toBe("only");
  });
});

test("each client session of its own connection uses the one sign-in", async () => {
  await using here = await signedIn({ entry: { isolation: "session" } });
  const { stack, authorization, server } = here;
  authorization.expireTokens();
  const all = await Promise.all(Array.from({ length: 5 }, () => call(stack)));
  expect(all.map(({ error }) => error)).toEqual(Array.from({ length: 5 }, () => undefined));
  expect([authorization.seen.refreshes, server.calls]).toEqual([1, 5]);
});

function tokensIn(path: string): { readonly accessToken?: string; readonly refreshToken?: string } {
  const kept = JSON.parse(readFileSync(path, "utf8")) as { readonly tokens?: Record<string, string> }; // The gateway's own file.
  return kept.tokens ?? {};
}

/** The gateway's own file, as if its token had ended. */
function outdate(path: string): void {
  const kept = JSON.parse(readFileSync(path, "utf8")) as { readonly tokens: Record<string, unknown> };
  kept.tokens["expiresAt"] = Date.now() - 1;
  writeFileSync(path, JSON.stringify(kept), { mode: 0o600 });
}
