/**
 * Starts a whole gateway (launcher, supervisor, gateway process) on a configuration of a test's own, and
 * ends it so that nothing is left: `await using stack = await startStack({ mcpServers: {…} })`.
 */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StatusReport } from "@mcp-gateway/contract";
import { type InstancePaths, instancePaths } from "@mcp-gateway/kit";
import { freePort } from "./free-port.ts";
import { expectNoneLeft, isAlive, signal } from "./processes.ts";
import { repositoryDirectory } from "./repository.ts";
import { stackEnvironment } from "./stack-environment.ts";
import { readLogs, tail } from "./stack-logs.ts";
import { tempDir } from "./temp-dir.ts";
import { type WaitOptions, waitFor, within } from "./wait-for.ts";

/** What `startStack` waits for: every enabled server ready, the address answering, or a condition of your own. */
export type Until = "ready" | "listening" | ((status: StatusReport) => boolean);

export interface StackOptions {
  readonly until?: Until;
  readonly timeoutMs?: number;
  readonly port?: number;
  /** Added to the launcher's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Further command-line arguments of the launcher. */
  readonly arguments?: readonly string[];
  readonly logLevel?: string;
  /** Of all processes of the stack: how many file descriptors each may have. */
  readonly openFilesMax?: number;
}

export interface Pids {
  readonly launcher: number;
  readonly supervisor: number;
  readonly gateway: number;
}

export interface Stack extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly sseUrl: string;
  readonly mcpUrl: string;
  /** The address of one backend's own mount. */
  serverUrl(name: string, front: "mcp" | "sse"): string;
  /** The folder that holds configuration, logs and state; removed at the end. */
  readonly directory: string;
  readonly configPath: string;
  readonly paths: InstancePaths;
  /** In the environment of every process of this stack. */
  readonly tag: string;
  readonly environment: Readonly<Record<string, string>>;
  status(): Promise<StatusReport>;
  waitForStatus(
    condition: (status: StatusReport) => boolean,
    what: string,
    timeoutMs?: number,
  ): Promise<StatusReport>;
  waitReady(timeoutMs?: number): Promise<StatusReport>;
  pids(): Promise<Pids>;
  /** Everything the processes said: the launcher's output and all log files. */
  logs(): string;
  writeConfig(config: unknown): void;
  /** Resolves with the launcher's exit code. */
  readonly exited: Promise<number>;
  /** SIGTERM and wait; idempotent. */
  stop(): Promise<void>;
}

/** How long an orderly end may take before it counts as a fault. */
const stopTimeoutMs = 15_000;

/** @param config the configuration as an object, or as text when its exact bytes matter */
export async function startStack(config: unknown, options: StackOptions = {}): Promise<Stack> {
  const directory = tempDir("stack");
  const stack = launch(directory.path, config, options);
  try {
    await reach(stack, options);
    return stack;
  } catch (error) {
    try {
      await stack[Symbol.asyncDispose]();
    } catch (also) {
      throw new AggregateError([error, also], `${String(error)}\nand at its end: ${String(also)}`);
    }
    throw error;
  }

  function launch(
    path: string,
    content: unknown,
    { port = freePort(), logLevel = "debug", ...rest }: StackOptions,
  ): Stack {
    const tag = `mgw-test-${randomUUID()}`;
    const configPath = join(path, "config.json");
    writeConfig(content);
    const environment = stackEnvironment(path, tag, rest.environment ?? {});
    const command = [
      "up",
      "--config",
      configPath,
      "--port",
      String(port),
      "--log-level",
      logLevel,
      ...(rest.arguments ?? []),
    ];
    const { openFilesMax } = rest;
    const limited =
      openFilesMax === undefined ? [] : ["sh", "-c", `ulimit -n ${openFilesMax} && exec "$@"`, "sh"];
    const child = Bun.spawn(
      [...limited, process.execPath, join(repositoryDirectory, "apps/cli/src/bootstrap.ts"), ...command],
      {
        cwd: path,
        env: environment,
        stdin: "ignore",
        stdout: Bun.file(join(path, "launcher.out")),
        stderr: Bun.file(join(path, "launcher.err")),
      },
    );
    const url = `http://127.0.0.1:${port}`;
    let ended: Promise<void> | undefined;

    const stack: Stack = {
      url,
      port,
      sseUrl: `${url}/sse`,
      mcpUrl: `${url}/mcp`,
      serverUrl: (name, front) => `${url}/servers/${encodeURIComponent(name)}/${front}`,
      directory: path,
      configPath,
      paths: instancePaths(configPath, environment),
      tag,
      environment,
      exited: child.exited,
      status: () => fetchStatus(url),
      waitForStatus: (condition, what, timeoutMs = 20_000) =>
        waitForStatus(stack, condition, { what, timeoutMs }),
      waitReady: (timeoutMs) =>
        stack.waitForStatus((status) => status.state === "ready", "every server to be ready", timeoutMs),
      pids: async () => {
        const { gateway, supervisor } = await stack.waitForStatus(
          (status) => status.supervisor.pid !== null,
          "the supervisor's pid",
        );
        return { launcher: child.pid, supervisor: supervisor.pid ?? 0, gateway: gateway.pid };
      },
      logs: () => readLogs(path),
      writeConfig,
      stop: async () => {
        ended ??= endOf(child.pid, child.exited, stack);
        await ended;
      },
      [Symbol.asyncDispose]: async () => {
        try {
          await stack.stop();
        } finally {
          directory[Symbol.dispose]();
        }
      },
    };
    return stack;

    function writeConfig(value: unknown): void {
      writeFileSync(configPath, typeof value === "string" ? value : JSON.stringify(value, null, 2));
    }
  }
}

async function reach(stack: Stack, { until = "ready", timeoutMs = 30_000 }: StackOptions): Promise<void> {
  const died = stack.exited.then((code) => {
    throw new Error(`the launcher ended with exit code ${code}\n${tail(stack.logs())}`);
  });
  const condition = until === "ready" ? (status: StatusReport) => status.state === "ready" : until;
  const reached =
    condition === "listening"
      ? waitFor(async () => (await fetch(`${stack.url}/health`)).ok, {
          timeoutMs,
          what: "the address to answer",
          explain: () => tail(stack.logs()),
        })
      : stack.waitForStatus(
          condition,
          until === "ready" ? "every server to be ready" : "the asked condition",
          timeoutMs,
        );
  await Promise.race([reached, died]);
  died.catch(() => undefined); // The launcher's later end is awaited by `stop`.
}

async function fetchStatus(url: string): Promise<StatusReport> {
  const response = await fetch(`${url}/api/v1/status`, { signal: AbortSignal.timeout(3_000) });
  if (!response.ok)
    throw new Error(`GET /api/v1/status answered ${response.status}: ${await response.text()}`);
  // The gateway under test owns the shape; a wrong one shows in the test that reads it.
  return (await response.json()) as StatusReport;
}

function waitForStatus(
  stack: Stack,
  condition: (status: StatusReport) => boolean,
  options: WaitOptions,
): Promise<StatusReport> {
  let last = "none";
  return waitFor(
    async () => {
      const status = await stack.status();
      last = JSON.stringify({
        state: status.state,
        servers: status.servers.map((one) => ({ name: one.name, state: one.state, fault: one.fault })),
      });
      return condition(status) ? status : undefined;
    },
    { ...options, everyMs: 40, explain: () => `last status: ${last}\n${tail(stack.logs())}` },
  );
}

async function endOf(launcher: number, exited: Promise<number>, stack: Stack): Promise<void> {
  if (isAlive(launcher)) signal(launcher, "SIGTERM");
  try {
    await within(stopTimeoutMs, "the launcher's end", exited);
  } catch (error) {
    const said = tail(stack.logs());
    signal(launcher, "SIGKILL");
    await expectNoneLeft(stack.tag, 0).catch(() => undefined); // The late launcher is the fault to tell; this only cleans.
    throw new Error(`${String(error)}\n${said}`);
  }
  try {
    await expectNoneLeft(stack.tag);
  } catch (error) {
    throw new Error(`${String(error)}\n${tail(stack.logs())}`);
  }
}
