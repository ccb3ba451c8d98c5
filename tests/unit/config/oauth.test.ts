import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../../support/temp-dir.ts";
import { faultsOf, loadedServer } from "./config-file.ts";

const url = "https://far.example/mcp";
const nothing = {
  ...{ clientId: undefined, clientSecret: undefined, privateKey: undefined, clientMetadataUrl: undefined },
  ...{ scopes: undefined, issuer: undefined, redirectUri: undefined },
};

describe("oauth of an entry", () => {
  test.each([[{}], [{ oauth: {} }], [{ oauth: true }], [{ oauth: null }], [{ auth: "oauth" }]])(
    "%j: everything is found out",
    async (entry) => {
      const { server } = await loadedServer({ url, ...entry });
      expect(server.oauth).toEqual({ grant: "authorization_code", ...nothing });
    },
  );

  test.each([
    [{ url, oauth: false }],
    [{ command: "x" }],
    [{ url, headers: { Authorization: "Bearer abc" } }],
    [{ url, headers: { authorization: "Bearer abc" }, oauth: { clientId: "c" } }],
  ])("%j: never signs in", async (entry) => {
    expect((await loadedServer(entry)).server.oauth).toBeUndefined();
  });

  test("secrets come from variables and files, and are struck out", async () => {
    using folder = tempDir("oauth");
    writeFileSync(join(folder.path, "secret"), "secret-in-a-file\n");
    const oauth = {
      clientId: `\${ID}`,
      clientSecret: `\${file:${folder.path}/secret}`,
      scopes: [`\${SCOPE}`, "b"],
    };
    const { server } = await loadedServer({ url, oauth }, { environment: { ID: "the-id", SCOPE: "a" } });
    expect(server.oauth).toMatchObject({
      clientId: "the-id",
      clientSecret: "secret-in-a-file",
      scopes: ["a", "b"],
    });
  });

  test.each([
    [
      { oauth: { clientId: "c", callbackPort: 8085 } },
      { clientId: "c", redirectUri: "http://localhost:8085/callback" },
    ],
    [{ oauth: { clientId: "c", scopes: "a  b" } }, { scopes: ["a", "b"] }],
    [
      { oauth: { client_id: "c", client_secret: "abc", scope: "a" } },
      { clientId: "c", clientSecret: "abc", scopes: ["a"] },
    ],
    [
      { auth: { CLIENT_ID: "c", CLIENT_SECRET: "abc", scopes: ["a"] } },
      { clientId: "c", clientSecret: "abc", scopes: ["a"] },
    ],
  ])("as others write it: %j", async (entry, expected) => {
    expect((await loadedServer({ url, ...entry })).server.oauth).toMatchObject(expected);
  });

  test.each([
    [{ oauth: "yes" }, "must be an object or false; found a string."],
    [{ oauth: { clientID: "c" } }, 'is not a known key. Did you mean "clientId"?'],
    [{ oauth: { clientId: 5 } }, "must be a string"],
    [{ oauth: { clientSecret: "s" } }, 'needs "clientId", whose it is.'],
    [{ oauth: { grant: "password" } }, 'must be "authorization_code" or "client_credentials"'],
    [
      { oauth: { grant: "client_credentials", clientId: "c" } },
      'needs "clientId" and "clientSecret" or "privateKey"',
    ],
    [{ oauth: { clientId: "c", privateKey: "k" } }, 'needs "grant": "client_credentials".'],
    [{ oauth: { clientMetadataUrl: "http://x/y" } }, "must be an https address with a path."],
    [{ oauth: { clientMetadataUrl: "https://x" } }, "must be an https address with a path."],
    [{ oauth: { issuer: "http://auth.example" } }, "must be an https address"],
    [{ oauth: { issuer: "https://auth.example?x" } }, "must be an https address"],
    [{ oauth: { redirectUri: "https://localhost:1/x" } }, "must be http on localhost"],
    [{ oauth: { redirectUri: "http://localhost/x" } }, "must be http on localhost"],
    [{ oauth: { redirectUri: "http://evil.example:80/x" } }, "must be http on localhost"],
    [{ oauth: { scopes: ["a b"] } }, "must be words of visible ASCII characters"],
    [{ oauth: { client_id: "a", clientId: "b" } }, 'is the same as "clientId". Keep "clientId" only.'],
    [{ oauth: { clientId: "a" }, auth: { CLIENT_ID: "b" } }, 'says something else than "oauth"'],
  ])("%j", async (entry, message) => {
    const faults = await faultsOf({ a: { url, ...entry } });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^a\.(oauth|auth)/);
    expect(faults[0]).toContain(message);
  });

  test.each([
    [{ url, oauth: { enabled: true, autoRegister: true } }, ["oauth.enabled", "oauth.autoRegister"]],
    [
      { url, oauth: { tokenUrl: "https://x", authorizationUrl: "https://y" } },
      ["oauth.tokenUrl", "oauth.authorizationUrl"],
    ],
    [{ url, headers: { Authorization: "Bearer abc" }, oauth: {} }, ["oauth"]],
    [{ command: "x", oauth: { clientId: "c" } }, ["oauth"]],
    [{ url, auth: "some-token" }, ["auth"]],
  ])("%j has something without effect, which is said", async (entry, keys) => {
    const { warnings } = await loadedServer(entry);
    expect(warnings.map((warning) => warning.split(": ")[0])).toEqual(keys.map((key) => `a.${key}`));
  });
});
