import { describe, expect, test } from "bun:test";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OAuthSettings } from "@mcp-gateway/config";
import { Log, redact } from "@mcp-gateway/kit";
import { CredentialFile } from "../../../../apps/supervisor/src/sign-in/credential-file.ts";
import {
  type Credentials,
  fits,
  isExpired,
  joinScopes,
  renewAt,
  tokensOf,
} from "../../../../apps/supervisor/src/sign-in/credentials.ts";
import { Keeper } from "../../../../apps/supervisor/src/sign-in/keeper.ts";
import { scopeToAsk } from "../../../../apps/supervisor/src/sign-in/scopes.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const log = new Log("supervisor", "critical", undefined);
const url = "https://far.example/mcp";

const plain: OAuthSettings = {
  grant: "authorization_code",
  ...{ clientId: undefined, clientSecret: undefined, privateKey: undefined, clientMetadataUrl: undefined },
  ...{ scopes: undefined, issuer: undefined, redirectUri: undefined },
};

function credentials(token = "token-of-a-test"): Credentials {
  return {
    ...{ version: 1, url, issuer: "https://auth.example", client: { client_id: "c" } },
    tokens: { accessToken: token, refreshToken: `${token}-refresh`, issuedAt: 0, expiresAt: 3_600_000 },
  };
}

describe("tokens", () => {
  test("have an end only when one was named", () => {
    const endless = tokensOf({ access_token: "a", token_type: "Bearer" }, 1_000);
    expect(endless).toEqual({ accessToken: "a", issuedAt: 1_000 });
    expect([isExpired(endless, 1e15), renewAt(endless)]).toEqual([false, undefined]);
    expect(
      tokensOf({ access_token: "a", token_type: "Bearer", refresh_token: "", expires_in: -5 }, 1_000),
    ).toEqual({
      ...{ accessToken: "a", issuedAt: 1_000, expiresAt: 1_000 },
    });
  });

  test("are renewed a minute before their end, and short ones after four fifths of their life", () => {
    expect(renewAt({ accessToken: "a", issuedAt: 0, expiresAt: 3_600_000 })).toBe(3_540_000);
    expect(renewAt({ accessToken: "a", issuedAt: 1_000, expiresAt: 11_000 })).toBe(9_000);
  });

  test("belong to one address, one issuer, one client", () => {
    const kept = credentials();
    expect(fits(kept, url, plain)).toBe(true);
    expect(fits(kept, "https://far.example/other", plain)).toBe(false);
    expect(fits(kept, url, { ...plain, issuer: "https://other.example" })).toBe(false);
    expect(fits(kept, url, { ...plain, clientId: "d" })).toBe(false);
    expect(fits(kept, url, { ...plain, clientId: "c", issuer: "https://auth.example" })).toBe(true);
  });
});

describe("what is asked for", () => {
  const found = { scopes: ["a", "b"], metadata: undefined };
  const offline = { scopes: ["a"], metadata: { scopes_supported: ["a", "offline_access"] } as never };
  const none = { configured: undefined, challenged: undefined, missing: undefined, former: undefined };

  test("what the refusal names, else what the server describes, else nothing", () => {
    expect(scopeToAsk({ ...none, found, challenged: "x" })).toBe("x");
    expect(scopeToAsk({ ...none, found })).toBe("a b");
    expect(scopeToAsk({ ...none, found: { scopes: undefined, metadata: undefined } })).toBeUndefined();
  });

  test("the rights that were missing come on top of those that are there", () => {
    expect(scopeToAsk({ ...none, found, challenged: "x", missing: "y z", former: "x y" })).toBe("x y z");
  });

  test("offline_access where the authorization server has it, but never alone", () => {
    expect(scopeToAsk({ ...none, found: offline })).toBe("a offline_access");
    expect(scopeToAsk({ ...none, found: { ...offline, scopes: undefined } })).toBeUndefined();
  });

  test("what the entry says, and nothing else", () => {
    expect(
      scopeToAsk({ ...none, found: offline, configured: ["k", "l"], challenged: "x", missing: "y" }),
    ).toBe("k l");
    expect(scopeToAsk({ ...none, found: offline, configured: [] })).toBeUndefined();
  });

  test("each word once", () => {
    expect(joinScopes("a  b", undefined, "b\tc", "")).toBe("a b c");
  });
});

describe("the file", () => {
  test("is whole, for this user alone, and another entry or address has another", () => {
    using folder = tempDir("sign-ins");
    const directory = join(folder.path, "sign-ins");
    const file = new CredentialFile(directory, "far", url, log);
    expect(file.read()).toBeUndefined();
    file.write(credentials("first"));
    file.write(credentials("second"));
    expect(file.read()).toEqual(credentials("second"));
    expect(readdirSync(directory)).toHaveLength(1);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, readdirSync(directory)[0] ?? "")).mode & 0o777).toBe(0o600);
    expect(new CredentialFile(directory, "other", url, log).read()).toBeUndefined();
    expect(new CredentialFile(directory, "far", `${url}/x`, log).read()).toBeUndefined();
    file.remove();
    expect(readdirSync(directory)).toHaveLength(0);
  });

  test.each([
    ["open to others", (path: string) => chmodSync(path, 0o644)],
    ["no JSON", (path: string) => writeFileSync(path, "{")],
    [
      "of another version",
      (path: string) => writeFileSync(path, JSON.stringify({ ...credentials(), version: 2 })),
    ],
    [
      "without an issuer",
      (path: string) => writeFileSync(path, JSON.stringify({ ...credentials(), issuer: "" })),
    ],
    [
      "too long",
      (path: string) => writeFileSync(path, `${readFileSync(path, "utf8")}${" ".repeat(2 * 1024 * 1024)}`),
    ],
  ])("one that is %s counts for nothing", (_what, spoil) => {
    using folder = tempDir("sign-ins");
    const file = new CredentialFile(folder.path, "far", url, log);
    file.write(credentials());
    spoil(join(folder.path, readdirSync(folder.path)[0] ?? ""));
    expect(file.read()).toBeUndefined();
  });
});

test("tokens are struck out of what is said as long as they are good, and not kept in mind for ever", () => {
  using folder = tempDir("sign-ins");
  const file = new CredentialFile(folder.path, "far", url, log);
  file.write(credentials("kept-secret"));
  const keeper = new Keeper({ backend: "far", url, settings: plain, file, log });
  const said = "kept-secret kept-secret-refresh next-secret";
  expect(redact(said)).toBe("[redacted] [redacted] next-secret");
  const before = keeper.credentials;
  if (before === undefined) throw new Error("nothing was kept");
  keeper.renewed(before, { access_token: "next-secret", token_type: "Bearer", expires_in: 60 });
  // The refresh token stands, because no new one came.
  expect(keeper.credentials?.tokens?.refreshToken).toBe("kept-secret-refresh");
  expect(redact("kept-secret next-secret kept-secret-refresh")).toBe("kept-secret [redacted] [redacted]");
  keeper.forget();
  expect(redact(said)).toBe(said);
  expect(file.read()).toBeUndefined();
});
