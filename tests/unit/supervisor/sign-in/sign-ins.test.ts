import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { OAuthSettings, ServerConfig } from "@mcp-gateway/config";
import { Log, ManualClock } from "@mcp-gateway/kit";
import { CredentialFile } from "../../../../apps/supervisor/src/sign-in/credential-file.ts";
import { SignIns } from "../../../../apps/supervisor/src/sign-in/sign-ins.ts";
import { tempDir } from "../../../support/temp-dir.ts";
import { serverConfig } from "../process/programs.ts";

const log = new Log("supervisor", "critical", undefined);
const oauth: OAuthSettings = {
  grant: "authorization_code",
  ...{ clientId: undefined, clientSecret: undefined, privateKey: undefined, clientMetadataUrl: undefined },
  ...{ scopes: undefined, issuer: undefined, redirectUri: undefined },
};
const far: ServerConfig = {
  ...serverConfig({ name: "far" }),
  transport: "http",
  command: undefined,
  url: "https://far.example/mcp",
  oauth,
};

test("a sign-in is one for each entry, and nothing of it goes on when its entry is gone or another", () => {
  using folder = tempDir("sign-ins");
  const clock = new ManualClock();
  const signIns = new SignIns({ stateDirectory: folder.path, log, clock, random: Math.random });
  mkdirSync(join(folder.path, "sign-ins"), { mode: 0o700 });
  const file = new CredentialFile(join(folder.path, "sign-ins"), "far", far.url ?? "", log);
  const tokens = {
    accessToken: "access-of-far",
    refreshToken: "refresh-of-far",
    issuedAt: Date.now(),
    expiresAt: Date.now() + 3_600_000,
  };
  file.write({
    version: 1,
    url: far.url ?? "",
    issuer: "https://auth.example",
    client: { client_id: "c" },
    tokens,
  });

  const first = signIns.authorizer(far);
  expect(first?.header()).toBe("Bearer access-of-far");
  expect(signIns.authorizer({ ...far })).toBe(first);
  expect(clock.pendingTimers).toBe(1); // It waits for the end of its token.
  signIns.keepOnly([far]);
  expect([signIns.authorizer(far), clock.pendingTimers]).toEqual([first, 1]);

  for (const others of [
    [],
    [{ ...far, enabled: false }],
    [{ ...far, oauth: undefined }],
    [{ ...far, url: "https://far.example/other" }],
  ]) {
    signIns.authorizer(far);
    signIns.keepOnly(others);
    expect(clock.pendingTimers).toBe(0);
  }
  // The entry came back, and needs nobody.
  expect(signIns.authorizer(far)).not.toBe(first);
  expect(signIns.authorizer(far)?.header()).toBe("Bearer access-of-far");
  expect(signIns.authorizer({ ...far, url: "https://far.example/other" })?.header()).toBeUndefined();
});

test("there is none where nobody signs in", () => {
  using folder = tempDir("sign-ins");
  const signIns = new SignIns({
    stateDirectory: folder.path,
    log,
    clock: new ManualClock(),
    random: Math.random,
  });
  for (const server of [
    { ...far, oauth: undefined },
    { ...far, url: undefined },
    { ...far, transport: "stdio" as const },
  ]) {
    expect(signIns.authorizer(server)).toBeUndefined();
    expect(() => signIns.require(server)).toThrow('Nobody signs in at the server "far"');
  }
});
