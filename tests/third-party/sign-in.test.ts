/** Signing in at servers of the official SDK, with its own authorization server and with `oidc-provider`. */
import { beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Stack, startStack } from "../support/harness.ts";
import { openRawClient } from "../support/raw-client.ts";
import { login } from "../support/sign-in.ts";
import { ensureThirdParty } from "../support/third-party.ts";
import { signInAndAgree } from "./person.ts";
import { type SignInServer, startOidcServer, startSdkServer } from "./sign-in-servers.ts";

beforeAll(() => ensureThirdParty(), 300_000);

async function call(stack: Stack): Promise<string> {
  await using client = await openRawClient(stack.mcpUrl);
  const { result, error } = await client.request("tools/call", { name: "far__count", arguments: {} });
  return error === undefined ? JSON.stringify(result?.["content"]) : error.message;
}

function keptBy(stack: Stack): {
  readonly issuer: string;
  readonly scope?: string;
  readonly tokens: { readonly refreshToken?: string };
} {
  const folder = join(stack.paths.stateDirectory, "sign-ins");
  return JSON.parse(readFileSync(join(folder, readdirSync(folder)[0] ?? ""), "utf8")); // The gateway's own file.
}

describe.each<[string, () => Promise<SignInServer>]>([
  ["the SDK's router", startSdkServer],
  ["oidc-provider", startOidcServer],
])("%s", (_name, start) => {
  test("a person signs in, and a token that was refused is renewed once for all", async () => {
    await using server = await start();
    await using stack = await startStack(
      { mcpServers: { far: { url: server.url } } },
      { until: ({ servers }) => servers[0]?.fault?.stage === "sign-in" },
    );
    const run = await login(stack, { server: "far", person: signInAndAgree });
    expect(run.output).toContain("✔ far is ready with 1 tool.");
    expect(await call(stack)).toContain("counted");
    const before = keptBy(stack);
    expect(before.issuer.replace(/\/$/, "")).toBe(server.issuer);
    expect(before.tokens.refreshToken).toBeString();

    server.expireTokens();
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(stack)));
    for (const answer of answers) expect(answer).toContain("counted");
    expect(server.calls()).toBe(21);
    expect(keptBy(stack).tokens).not.toEqual(before.tokens);
    expect((await stack.status()).servers[0]).toMatchObject({ state: "ready", restarts: 1 });
  }, 60_000);
});
