/** Who the gateway is at an authorization server: registered by itself, by hand, or not known any more. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { browse, login } from "../../support/sign-in.ts";
import { call, filesOf, waitsForSignIn, world } from "./world.ts";

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
