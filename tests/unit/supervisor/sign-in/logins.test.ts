import { beforeEach, describe, expect, test } from "bun:test";
import { limits, ManualClock } from "@mcp-gateway/kit";
import type { Discovered } from "../../../../apps/supervisor/src/sign-in/discovery.ts";
import { loadSdk } from "../../../../apps/supervisor/src/sign-in/load-sdk.ts";
import { checkRedirectUri, Logins } from "../../../../apps/supervisor/src/sign-in/login.ts";

const issuer = "https://auth.example/tenant";
const redirectUri = "http://127.0.0.1:9010/callback";
let clock: ManualClock;
let logins: Logins;

beforeEach(() => {
  clock = new ManualClock();
  logins = new Logins("far", () => clock.nowMs());
});

async function begin(promisesIss = false): Promise<string> {
  const metadata = {
    ...{ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` },
    ...{ response_types_supported: ["code"], code_challenge_methods_supported: ["S256"] },
    ...(promisesIss ? { authorization_response_iss_parameter_supported: true } : {}),
  };
  const found: Discovered = { issuer, metadata, resource: "https://far.example", scopes: undefined };
  const about = { found, client: { client_id: "c" }, redirectUri, scope: "a b" };
  const url = await logins.begin(await loadSdk(), about);
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    ...{ response_type: "code", client_id: "c", code_challenge_method: "S256", redirect_uri: redirectUri },
    // Letter by letter as the server has it: no slash is added.
    ...{ scope: "a b", resource: "https://far.example" },
  });
  return url.searchParams.get("state") ?? "";
}

const query = (values: Record<string, string>): string => `?${new URLSearchParams(values)}`;

describe("what comes back from the browser", () => {
  test("is taken once", async () => {
    const state = await begin();
    expect(logins.finish(query({ code: "1", state })).code).toBe("1");
    expect(() => logins.finish(query({ code: "1", state }))).toThrow("belongs to no sign-in");
  });

  test("may be the whole address, the query, or the query without its sign", async () => {
    for (const head of [`${redirectUri}?`, "?", ""]) {
      const state = await begin();
      expect(logins.finish(`${head}code=1&state=${state}`).login.redirectUri).toBe(redirectUri);
    }
  });

  test.each([
    ["no state", () => ({ code: "1" })],
    ["another state", (state: string) => ({ code: "1", state: `${state}x` })],
    ["an empty state", () => ({ code: "1", state: "" })],
  ])("with %s is refused, and the sign-in goes on", async (_what, answer) => {
    const state = await begin();
    expect(() => logins.finish(query(answer(state)))).toThrow("belongs to no sign-in");
    expect(logins.finish(query({ code: "1", state })).code).toBe("1");
  });

  test("with a state that comes twice is refused", async () => {
    const state = await begin();
    expect(() => logins.finish(`?code=1&state=${state}&state=${state}`)).toThrow("belongs to no sign-in");
  });

  test("too late is refused", async () => {
    const state = await begin();
    clock.advance(limits.signInPersonMs + 1);
    expect(() => logins.finish(query({ code: "1", state }))).toThrow("took too long");
  });

  test("of a person who declined says so, without what could harm a terminal", async () => {
    const state = await begin();
    const error_description = `no\u001b[31m\n${"x".repeat(1000)}`;
    expect(() => logins.finish(query({ error: "access_denied", error_description, state }))).toThrow(
      /the authorization server says access_denied: no \[31m x{100,200}\.$/,
    );
  });

  test("without a code, or with two, is refused", async () => {
    for (const codes of ["", "&code=", "&code=1&code=2"]) {
      const state = await begin();
      expect(() => logins.finish(`?state=${state}${codes}`)).toThrow("no code came back");
    }
  });

  test.each([
    ["wrong", false, "https://evil.example"],
    ["wrong where it is promised", true, "https://evil.example"],
    ["the same but for a slash", true, `${issuer}/`],
    ["the same but for the case of its host", true, issuer.replace("auth", "AUTH")],
    ["missing where it is promised", true, undefined],
  ])("with an issuer that is %s is refused", async (_what, promises, iss) => {
    const state = await begin(promises);
    const answer = query({ code: "1", state, ...(iss === undefined ? {} : { iss }) });
    expect(() => logins.finish(answer)).toThrow("does not come from the authorization server");
    // Nor is what it says of an error believed.
    expect(() => logins.finish(answer)).toThrow("belongs to no sign-in");
  });

  test("with the right issuer is taken, promised or not", async () => {
    for (const promises of [true, false]) {
      const state = await begin(promises);
      expect(logins.finish(query({ code: "1", state, iss: issuer })).code).toBe("1");
    }
  });

  test("the oldest sign-in gives way when there are too many", async () => {
    const first = await begin();
    for (let count = 0; count < limits.signInsWaitingMax; count += 1) await begin();
    expect(() => logins.finish(query({ code: "1", state: first }))).toThrow("belongs to no sign-in");
  });
});

test.each([
  "https://127.0.0.1:9010/callback",
  "http://127.0.0.1/callback",
  "http://127.0.0.1:9010/callback?a=b",
  "http://127.0.0.1:9010/callback#a",
  "http://127.0.0.1:9010@evil.example/callback",
  "http://evil.example:9010/callback",
  "http://127.0.0.1.evil.example:9010/callback",
  "http://2130706433:9010/callback",
  "HTTP://127.0.0.1:9010/callback",
  "javascript:alert(1)",
  "file:///etc/hostname",
  "",
])("a browser is not sent back to %s", (text) => {
  expect(() => checkRedirectUri(text)).toThrow("only be sent back to this machine");
});

test.each([
  "http://127.0.0.1:9010/callback",
  "http://localhost:1/",
  "http://localhost:1",
  "http://[::1]:65535/a/b",
])("a browser is sent back to %s", (text) => {
  expect(() => checkRedirectUri(text)).not.toThrow();
});
