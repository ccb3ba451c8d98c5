/** The built-in bash server in `config.json`, called through the gateway by the official client, on both fronts. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { RequestOptions } from "@modelcontextprotocol/sdk/shared/protocol.js";
import { type Stack, startStack } from "../../support/harness.ts";
import { expectNoneLeft, processesWithTag, signal } from "../../support/processes.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitFor } from "../../support/wait-for.ts";
import { bashServer } from "./bash-client.ts";

setDefaultTimeout(60_000);

const folder = tempDir("through-gateway");
const auditPath = join(folder.path, "audit.jsonl");
/** In the environment of the servers and of everything they start. */
const mark = `mark-${randomUUID()}`;
let stack: Stack;
beforeAll(async () => {
  const env = { BASH_TEST_MARK: mark };
  const bash = { command: "bun", args: [bashServer], env };
  stack = await startStack({
    mcpServers: {
      bash,
      guarded: {
        command: "bun",
        args: [bashServer, "--allow", "echo", "--cwd-within", folder.path, "--audit", auditPath],
        env: { ...env, MCP_SHELL_SESSIONS: "1" },
      },
      own: { ...bash, isolation: "session" },
    },
  });
}, 60_000);
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await expectNoneLeft(mark);
  folder[Symbol.dispose]();
});

type Front = "mcp" | "sse";
type Facts = Readonly<Record<string, unknown>>;

class User implements AsyncDisposable {
  readonly client = new Client({ name: "user", version: "1" });

  static async connect(front: Front): Promise<User> {
    const user = new User();
    const transport =
      front === "mcp"
        ? new StreamableHTTPClientTransport(new URL(stack.mcpUrl))
        : new SSEClientTransport(new URL(stack.sseUrl));
    await user.client.connect(transport);
    // The client then checks each result against the tool's outputSchema.
    await user.client.listTools();
    return user;
  }

  async call(name: string, given: Facts, options?: RequestOptions) {
    const result = await this.client.callTool({ name, arguments: given }, undefined, options);
    const content = result.content as readonly { readonly text: string }[]; // Checked by the client.
    const facts = (result.structuredContent ?? {}) as Facts;
    return { isError: result.isError === true, text: content[0]?.text ?? "", facts };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

/** Commands of this test, told by a number that nobody else sleeps for. */
function sleeping(seconds: number): number {
  return processesWithTag(mark).filter(({ command }) => command === `sleep ${seconds}`).length;
}

describe.each(["mcp", "sse"] as const)("through the gateway on /%s", (front) => {
  const seconds = front === "mcp" ? 41_000 : 42_000;

  test("the three tools are there, described as the server describes them", async () => {
    await using user = await User.connect(front);
    const { tools } = await user.client.listTools();
    const names = tools.map(({ name }) => name).filter((name) => name.startsWith("bash__"));
    expect(names.sort()).toEqual(["bash__bash", "bash__bash_job", "bash__bash_session"]);
    const session = tools.find(({ name }) => name === "bash__bash_session");
    expect(session?.outputSchema?.properties).toHaveProperty("earlierOutput");
    expect(session?.annotations?.destructiveHint).toBe(true);
  });

  test("a session keeps its state from call to call, and its output is streamed as progress", async () => {
    await using user = await User.connect(front);
    using own = tempDir("gateway-session");
    const opened = await user.call("bash__bash_session", { command: `cd ${own.path}; X='a "b" ünï'` });
    const { session } = opened.facts;
    const seen: (string | undefined)[] = [];
    const running = user.call(
      "bash__bash_session",
      { session, command: 'echo "first $X"; until [ -e go ]; do sleep 0.02; done; echo second; pwd' },
      { onprogress: ({ message }) => seen.push(message) },
    );
    await waitFor(() => seen.some((message) => message === 'first a "b" ünï\n'));
    await Bun.write(join(own.path, "go"), "");
    expect((await running).facts).toMatchObject({
      exitCode: 0,
      stdout: `first a "b" ünï\nsecond\n${own.path}\n`,
      cwd: own.path,
      state: "idle",
    });
    const closed = await user.call("bash__bash_session", { action: "close", session });
    expect(closed.facts).toMatchObject({ state: "ended", leftRunning: 0 });
  });

  test("a job is started, read on, and stopped with its tree", async () => {
    await using user = await User.connect(front);
    const command = `echo up; setsid sleep ${seconds + 1} & sleep ${seconds + 1}`;
    const { facts } = await user.call("bash__bash_job", { action: "start", command });
    const { job } = facts;
    const read = await user.call("bash__bash_job", { action: "output", job, offset: 0, waitMs: 20_000 });
    expect(read.facts).toMatchObject({ state: "running", output: "up\n", next: 3 });
    await waitFor(() => sleeping(seconds + 1) === 2);
    const stopped = await user.call("bash__bash_job", { action: "stop", job });
    expect(stopped.facts).toMatchObject({ state: "stopped" });
    expect(sleeping(seconds + 1)).toBe(0);
  });

  test("a cancelled call ends its command, in a session its run alone", async () => {
    await using user = await User.connect(front);
    const { facts } = await user.call("bash__bash_session", { command: "X=kept" });
    const cancel = new AbortController();
    const options = { signal: cancel.signal };
    const once = user
      .call("bash__bash", { command: `setsid sleep ${seconds + 2} & sleep ${seconds + 2}` }, options)
      .catch(() => "cancelled");
    const inSession = user
      .call("bash__bash_session", { session: facts["session"], command: `sleep ${seconds + 2}` }, options)
      .catch(() => "cancelled");
    await waitFor(() => sleeping(seconds + 2) === 3);
    cancel.abort();
    expect(await Promise.all([once, inSession])).toEqual(["cancelled", "cancelled"]);
    await waitFor(() => sleeping(seconds + 2) === 0);
    await waitFor(async () => {
      const after = await user.call("bash__bash_session", { session: facts["session"], command: "echo $X" });
      return after.facts["stdout"] === "kept\n";
    });
    await user.call("bash__bash_session", { action: "close", session: facts["session"] });
  });

  test("a policy's refusal arrives as an error of the tool that says why, and is written down", async () => {
    await using user = await User.connect(front);
    const refused = await user.call("guarded__bash", { command: `touch ${folder.path}/${front}` });
    expect([refused.isError, refused.facts]).toEqual([true, {}]);
    expect(refused.text).toContain("does not allow `touch`. Allowed: echo.");
    expect((await user.call("guarded__bash", { command: "echo", cwd: "/" })).text).toContain("begin only in");
    expect((await user.call("guarded__bash", { command: "echo yes" })).facts["stdout"]).toBe("yes\n");
    expect(await Bun.file(join(folder.path, front)).exists()).toBe(false);
    const lines = (await Bun.file(auditPath).text()).trimEnd().split("\n");
    const outcomes = lines
      .map((line) => JSON.parse(line) as Facts)
      .filter(({ event }) => event === "end")
      .map(({ outcome }) => outcome);
    expect(outcomes.slice(-3)).toEqual(["refused", "refused", "done"]);
  });

  test("clients of a server with an instance each know nothing of each other's sessions, which end with theirs", async () => {
    await using other = await User.connect(front);
    {
      await using user = await User.connect(front);
      const { facts } = await user.call("own__bash_session", { command: `sleep ${seconds + 3} & echo` });
      expect((await user.call("own__bash_session", { action: "list" })).text).toContain(
        String(facts["session"]),
      );
      expect((await other.call("own__bash_session", { action: "list" })).text).toBe("There are no sessions.");
      expect(sleeping(seconds + 3)).toBe(1);
      // A Streamable HTTP session outlives its connection unless it is ended.
      if (user.client.transport instanceof StreamableHTTPClientTransport)
        await user.client.transport.terminateSession();
    }
    await waitFor(() => sleeping(seconds + 3) === 0);
  });
});

test("a server that is killed leaves nothing: the supervisor ends what it had started, and starts it again", async () => {
  await using user = await User.connect("mcp");
  await user.call("bash__bash_session", { command: "setsid sleep 43000 & sleep 43000 &" });
  await user.call("bash__bash_job", { action: "start", command: "setsid sleep 43000 & sleep 43000" });
  await waitFor(() => sleeping(43_000) === 4);
  const { servers } = await stack.status();
  signal(servers.find(({ name }) => name === "bash")?.pid ?? 0, "SIGKILL");
  await waitFor(() => sleeping(43_000) === 0);
  await stack.waitReady();
  expect((await user.call("bash__bash", { command: "echo again" })).facts["stdout"]).toBe("again\n");
});

test("a policy that can't be kept starts no server, and the status says why", async () => {
  const config = JSON.parse(await Bun.file(stack.configPath).text()) as {
    mcpServers: Record<string, unknown>;
  };
  const args = [bashServer, "--user", "no-such-user-here"];
  stack.writeConfig({ mcpServers: { ...config.mcpServers, broken: { command: "bun", args } } });
  const { servers } = await stack.waitForStatus(
    (status) => status.servers.some(({ name, fault }) => name === "broken" && fault !== null),
    "the fault",
  );
  expect(servers.find(({ name }) => name === "broken")?.fault).toMatchObject({
    message: expect.stringContaining("exited with code 2"),
    stderrTail: ["bash server: --user no-such-user-here is not in /etc/passwd."],
  });
  stack.writeConfig(config);
  await stack.waitReady();
});
