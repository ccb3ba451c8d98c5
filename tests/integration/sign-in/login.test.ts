/** A person signs in at a server, with the command and a browser, and the server is there at once. */
import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AuthorizationServerOptions } from "../../support/authorization-server.ts";
import { signal } from "../../support/processes.ts";
import { ProtectedServer } from "../../support/protected-server.ts";
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
