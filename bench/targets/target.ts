/** What is measured: one or more processes in front of the same backend, and ways in. */
import { basename, join } from "node:path";
import { freePort } from "../../tests/support/free-port.ts";
import { type BenchClient, listTools } from "../load/client.ts";
import { atEnd } from "./at-end.ts";
import { backendScript, markVariable, Processes } from "./processes.ts";
import { sharedCache } from "./shared-cache.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./temporary-directory.ts";

export interface TargetOptions {
  /** Tools of each backend. */
  readonly tools: number;
  readonly backends: number;
  /** Nothing that earlier starts on this machine have left for later ones, not even compiled code. */
  readonly isFirstEver?: boolean;
}

/** How a target is started and entered, given a folder of its own and a free port. */
export interface Launch {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** How clients come in; one way for each address that must be listed to see all tools. */
  readonly entries: readonly ((lanes: number) => Promise<BenchClient>)[];
  /** The name under which tool `tool` of backend `backend` is called. */
  readonly toolName: (backend: number, tool: string) => string;
}

export interface Place {
  readonly directory: string;
  readonly port: number;
  /** The command of backend number `at`. */
  readonly backend: (at: number) => readonly [string, ...string[]];
}

export interface TargetKind {
  readonly id: string;
  /** How the tables call it. */
  readonly label: string;
  readonly isOwn: boolean;
  /** More than one backend behind it can be told apart by its clients. */
  readonly manyBackends: boolean;
  /** It keeps what it learnt of its backends for the next start. */
  readonly keepsLists?: boolean;
  /** It keeps compiled code of its own in the user's cache. */
  readonly keepsCode?: boolean;
  /** A session of HTTP+SSE that asks for nothing. */
  readonly idleSession?: (port: number) => Promise<BenchClient>;
  launch(options: TargetOptions, place: Place): Launch;
}

export interface Target {
  readonly kind: TargetKind;
  readonly port: number;
  readonly processes: Processes;
  /** From the start of the first process until a client had listed all tools. */
  readonly startMs: number;
  open(lanes: number): Promise<BenchClient>;
  toolName(backend: number, tool: string): string;
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;

/** A folder for what targets keep; a second start in the same folder finds what the first one left. */
export function makeDirectory(): TemporaryDirectory {
  return temporaryDirectory("mcp-bench-");
}

/** Starts a target and waits until all its tools are listed. @throws Error when that fails */
export async function startTarget(
  kind: TargetKind,
  options: TargetOptions,
  directory: string,
): Promise<Target> {
  const port = freePort();
  // The same at each start in a folder: to a target, a backend with other arguments would be another backend.
  const mark = basename(directory);
  const place: Place = {
    directory,
    port,
    backend: (at) => [
      process.execPath,
      backendScript,
      ...["--tools", String(options.tools), "--number", String(at), "--mark", mark],
    ],
  };
  const launch = kind.launch(options, place);
  const processes = new Processes(mark);
  const startedMs = performance.now();
  const child = Bun.spawn([...launch.command], {
    cwd: launch.directory ?? directory,
    stdin: "ignore",
    stdout: "ignore",
    stderr: Bun.file(join(directory, "errors.log")),
    env: { ...homeIn(directory, options), ...launch.environment, [markVariable]: mark },
  });
  const swept = atEnd(() => processes.sweep());
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await Promise.race([child.exited, Bun.sleep(stopTimeoutMs)]);
    processes.sweep();
    await child.exited;
    swept();
  };
  try {
    await untilListed(launch, options.tools * options.backends, () => child.exitCode);
  } catch (error) {
    await stop();
    const said = (await Bun.file(join(directory, "errors.log")).text())
      .trim()
      .split("\n")
      .slice(-3)
      .join(" | ");
    throw new Error(
      `${error instanceof Error ? error.message : String(error)}${said === "" ? "" : ` (${said})`}`,
    );
  }
  const startMs = performance.now() - startedMs;
  const [entry] = launch.entries;
  if (entry === undefined) throw new Error(`${kind.label} has no way in`);
  return { kind, port, processes, startMs, open: entry, toolName: launch.toolName, stop };
}

/** The machine's own settings stay out, and nothing is written outside the target's folder. */
function homeIn(directory: string, { isFirstEver }: TargetOptions): Record<string, string> {
  const cache = isFirstEver === true ? join(directory, "cache") : sharedCache();
  return {
    PATH: process.env["PATH"] ?? "",
    LANG: "C.UTF-8",
    HOME: directory,
    TMPDIR: directory,
    XDG_CONFIG_HOME: join(directory, "config"),
    XDG_STATE_HOME: join(directory, "state"),
    XDG_CACHE_HOME: cache,
    XDG_DATA_HOME: join(directory, "data"),
    XDG_RUNTIME_DIR: directory,
    DO_NOT_TRACK: "1",
    NO_UPDATE_NOTIFIER: "1",
  };
}

async function untilListed(launch: Launch, expected: number, exitCode: () => number | null): Promise<void> {
  const untilMs = performance.now() + startTimeoutMs;
  let last: unknown;
  for (;;) {
    try {
      if ((await countTools(launch)) >= expected) return;
      last = "not all tools are listed";
    } catch (error) {
      last = error;
    }
    const code = exitCode();
    if (code !== null) throw new Error(`ended with code ${code}`);
    if (performance.now() > untilMs)
      throw new Error(
        `not ready within ${startTimeoutMs / 1_000} s: ${last instanceof Error ? last.message : last}`,
      );
    await Bun.sleep(2);
  }
}

async function countTools(launch: Launch): Promise<number> {
  let count = 0;
  for (const entry of launch.entries) {
    const client = await entry(1);
    const timer = setTimeout(() => client.close(), startTimeoutMs);
    try {
      count += new Set((await listTools(client)).names).size;
    } finally {
      clearTimeout(timer);
      client.close();
    }
  }
  return count;
}
