/** The grant `client_credentials`: nobody signs in but the gateway itself. */
import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { waitFor } from "../../support/wait-for.ts";
import { call, filesOf, gateway, world } from "./world.ts";

const client = { id: "machine", secret: "machine-secret" };
const oauth = { grant: "client_credentials", clientId: client.id, clientSecret: client.secret };

describe("a gateway that signs in by itself", () => {
  test("is there without anybody, and renews as it is needed", async () => {
    await using here = await world({
      ...{
        authorization: { client, methods: ["client_secret_basic"] },
        server: { scope: "read" },
        oauth,
        until: "ready",
      },
    });
    const { stack, authorization, server } = here;
    expect((await call(stack)).error).toBeUndefined();
    const [first] = authorization.seen.tokenRequests;
    expect(Object.fromEntries(first ?? [])).toEqual({
      ...{ grant_type: "client_credentials", scope: "read", resource: server.url },
    });
    authorization.expireTokens();
    // A token that was refused right after it came is not asked for anew: that is no expiry.
    expect((await call(stack)).error?.message).toMatch(/does not take the token/);
    expect(authorization.seen.tokenRequests).toHaveLength(1);
    expect(stack.logs()).not.toContain(client.secret);
    expect(filesOf(stack)).toHaveLength(1);
  });

  test.each([
    ["RSA", generateKeyPairSync("rsa", { modulusLength: 2048 })],
    ["EC", generateKeyPairSync("ec", { namedCurve: "P-256" })],
  ])("proves who it is with a key (%s)", async (_kind, { privateKey, publicKey }) => {
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const known = { id: "machine", publicKey: publicKey.export({ type: "spki", format: "pem" }).toString() };
    await using here = await world({
      ...{ authorization: { client: known }, until: "ready" },
      oauth: { grant: "client_credentials", clientId: "machine", privateKey: pem },
    });
    expect((await call(here.stack)).error).toBeUndefined();
    expect(here.authorization.seen.tokenRequests[0]?.has("client_secret")).toBe(false);
  });

  test("asks for a right that a call lacks, once, and makes the call", async () => {
    await using here = await world({
      ...{ authorization: { client }, oauth, until: "ready" },
      server: { scope: "read", callScope: "write" },
    });
    const { stack, authorization, server } = here;
    expect((await call(stack)).error).toBeUndefined();
    expect(authorization.seen.tokenRequests.map((body) => body.get("scope"))).toEqual(["read", "read write"]);
    expect(server.calls).toBe(1);
  });

  test("says so when the right is not given, and does not ask again for each call", async () => {
    await using here = await world({
      ...{ authorization: { client, grants: "read" }, oauth, until: "ready" },
      server: { scope: "read", callScope: "write" },
    });
    const { stack, authorization, server } = here;
    for (let calls = 0; calls < 3; calls += 1) {
      const { error } = await call(stack);
      expect(error?.message).toContain('The sign-in at the server "far" does not allow this (write).');
    }
    expect([authorization.seen.tokenRequests.length, server.calls]).toEqual([2, 0]);
    expect((await gateway(stack, "logout", "far")).stderr).toContain("by itself");
  });

  test("a wrong secret is said, and the authorization server is not hammered", async () => {
    await using here = await world({
      ...{ authorization: { client }, oauth: { ...oauth, clientSecret: "the-wrong-one" } },
      until: ({ servers }) => servers[0]?.fault != null,
    });
    const { stack, authorization } = here;
    const [server] = (await stack.status()).servers;
    expect(server?.fault?.message).toMatch(/gives no token: invalid_client/);
    // The server is asked again and again, as any that is away; the authorization server, with growing pauses.
    await waitFor(async () => ((await stack.status()).servers[0]?.restarts ?? 0) >= 4, {
      what: "four more tries",
    });
    expect(authorization.seen.tokenRequests.length).toBeLessThanOrEqual(3);
    expect((await gateway(stack, "login", "far")).stderr).toContain("by itself");
  });
});
