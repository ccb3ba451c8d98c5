/**
 * Official clients of both eras before official servers: `server-everything` with sessions, shared and for each client,
 * and the same behind `mcp-proxy`, which makes a stateless server of it. Each feature, each client.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { freePort } from "../support/free-port.ts";
import { type Stack, startStack } from "../support/harness.ts";
import { runOrThrow } from "../support/run-program.ts";
import { type SdkPeer, sdkPeers } from "../support/sdk-peers.ts";
import { tempDir } from "../support/temp-dir.ts";
import { ensureThirdParty, programs, serverRuntime } from "../support/third-party.ts";
import { waitFor } from "../support/wait-for.ts";

setDefaultTimeout(60_000);

const everything = [programs.everything, "stdio"];
const document = "demo://resource/static/document/features.md";
let stack: Stack;

beforeAll(async () => {
  await ensureThirdParty();
  const [http, proxy] = [freePort(), freePort()];
  const behindProxy = ["--port", String(proxy), "--host", "127.0.0.1", "--", serverRuntime, ...everything];
  stack = await startStack({
    mcpServers: {
      web: {
        type: "http",
        url: `http://127.0.0.1:${http}/mcp`,
        command: serverRuntime,
        args: [programs.everything, "streamableHttp"],
        env: { PORT: String(http) },
      },
      own: { command: serverRuntime, args: everything, isolation: "session" },
      proxied: {
        type: "http",
        url: `http://127.0.0.1:${proxy}/mcp`,
        command: serverRuntime,
        args: [programs.mcpProxy, ...behindProxy],
      },
    },
  });
}, 60_000);
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
}, 30_000);

test("mcp-proxy is found to be stateless, the others to have sessions", async () => {
  const { servers } = await stack.status();
  expect(servers.map(({ name, protocolVersion }) => [name, protocolVersion])).toEqual([
    ["web", "2025-11-25"],
    ["own", "2025-11-25"],
    ["proxied", "2026-07-28"],
  ]);
});

describe.each(Object.entries(sdkPeers))("%s", (title, connect) => {
  const name = title.replaceAll(/\W+/gu, "-");
  const isStateless = title.includes("chooses") || title.includes("without");

  /** @param server its own address; undefined: all servers */
  async function using(use: (peer: SdkPeer) => Promise<void>, server?: string): Promise<void> {
    const fronts =
      server === undefined
        ? { mcp: stack.mcpUrl, sse: stack.sseUrl }
        : { mcp: stack.serverUrl(server, "mcp"), sse: stack.serverUrl(server, "sse") };
    const peer = await connect(name, fronts);
    try {
      await use(peer);
    } finally {
      await peer.close();
    }
  }

  test("speaks its revision", () =>
    using((peer) => {
      expect(peer.revision).toBe(isStateless ? "2026-07-28" : "2025-11-25");
      return Promise.resolve();
    }));

  test.each(["web", "proxied"])("lists, calls, reads, completes and hears progress at %s", (server) =>
    using(async (peer) => {
      expect(await peer.tools()).toEqual(expect.arrayContaining([`${server}__echo`, `${server}__get-sum`]));
      expect(await peer.call(`${server}__echo`, { message: "grüße 漢字 \u2028" })).toBe(
        "Echo: grüße 漢字 \u2028",
      );
      expect(await peer.call(`${server}__get-sum`, { a: 2, b: 40.5 })).toBe("The sum of 2 and 40.5 is 42.5.");
      expect(await peer.read(document)).toContain("Everything Server");
      expect(await peer.prompt(`${server}__args-prompt`, { city: "Berlin" })).toContain("Berlin");
      expect(await peer.complete(`${server}__completable-prompt`, "department", "E")).toEqual([
        "Engineering",
      ]);
      const steps: number[] = [];
      const duration = { duration: 0.4, steps: 4 };
      await peer.call(`${server}__trigger-long-running-operation`, duration, (step) => steps.push(step));
      // The last step comes with the answer, and SDK v1 and mcp-proxy have closed the books by then.
      expect(steps.slice(0, 3)).toEqual([1, 2, 3]);
    }),
  );

  test.each(["web", "own"])("is asked by %s for a form, a page and a completion of a model", (server) =>
    using(async (peer) => {
      expect(
        await peer.call(`${server}__trigger-sampling-request`, { prompt: "hm", maxTokens: 5 }),
      ).toContain(`sampled by ${name}`);
      expect(await peer.call(`${server}__trigger-elicitation-request`, {})).toContain("User provided");
      const page = { url: "https://example.com/go", message: "Open it", elicitationId: name };
      expect(await peer.call(`${server}__trigger-url-elicitation`, page)).toContain(page.url);
      expect(peer.asked).toEqual(["sampling", "form", "url"]);
    }),
  );

  test("tells its roots to a server of its own", () =>
    using(async (peer) => {
      expect(await peer.call("get-roots-list", {})).toContain(`file:///roots/${name}`);
    }, "own"));

  test("watches a resource until it lets go", () =>
    using(async (peer) => {
      const heard: string[] = [];
      const stop = await peer.watch(document, (uri) => heard.push(uri));
      // The server begins with one update at once; the same call again ends them.
      await peer.call("toggle-subscriber-updates", {});
      await waitFor(() => heard.includes(document), { what: "the update", timeoutMs: 15_000 });
      await peer.call("toggle-subscriber-updates", {});
      await stop();
    }, "web"));
});

describe("the inspector", () => {
  let eras = 0;
  let before = 0;
  beforeAll(async () => {
    before = stack
      .logs()
      .split("\n")
      .filter((line) => / target=\w+\/get-sum /.test(line)).length;
  });

  test.each(["legacy", "auto", "modern"])(
    "of the era `%s` lists and calls at both kinds of server",
    async (era) => {
      using home = tempDir("home");
      const run = (...args: readonly string[]): Promise<string> =>
        runOrThrow(
          [
            process.execPath,
            programs.inspector,
            "--cli",
            stack.mcpUrl,
            "--transport",
            "http",
            "--protocol-era",
            era,
            ...args,
          ],
          { cwd: home.path, environment: { HOME: home.path, NO_COLOR: "1" }, timeoutMs: 40_000 },
        );
      expect(await run("--method", "tools/list")).toContain("web__get-sum");
      for (const server of ["web", "proxied"]) {
        const call = ["--method", "tools/call", "--tool-name", `${server}__get-sum`];
        expect(await run(...call, "--tool-arg", "a=2", "--tool-arg", "b=3")).toContain(
          "The sum of 2 and 3 is 5.",
        );
      }
      eras += 1;
      // The log is written a moment after the answers; a line of a call comes behind that of its session.
      const lines = await waitFor(
        () => {
          const all = stack.logs().split("\n");
          return all.filter((line) => / target=\w+\/get-sum /.test(line)).length - before >= 2 * eras && all;
        },
        { what: "the calls in the log" },
      );
      const opened = lines.filter((line) => line.includes("session opened") && line.includes("inspector"));
      // One for the list and one for each call; clients without a session open none.
      expect(opened).toHaveLength(3);
    },
  );
});
