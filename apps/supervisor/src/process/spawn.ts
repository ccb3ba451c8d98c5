/** Starts a backend's program: never through a shell, in a group of its own, tagged, its output always drained. */
import { childEnvironment, type ServerConfig } from "@mcp-gateway/config";
import { type Clock, type Log, limits, messageOf, systemCodeOf } from "@mcp-gateway/kit";
import type { FaultError } from "../fault.ts";
import type { BackendProcess, ExitFacts } from "./backend-process.ts";
import { PosixProcessTree } from "./kill-posix.ts";
import { WindowsProcessTree } from "./kill-windows.ts";
import type { ProcessTree } from "./process-tree.ts";
import { type ResolvedCommand, resolveCommand, spawnFault } from "./resolve-command.ts";
import { drainLines, OutputLog } from "./stderr.ts";
import { type InputSink, StdinQueue } from "./stdin-queue.ts";
import { noOutput, PipeOutput, type ProcessOutput } from "./stdio/process-output.ts";
import { StdioSockets } from "./stdio/stdio-sockets.ts";
import { tagValue, tagVariable } from "./tag.ts";

export interface SpawnOptions {
  readonly server: ServerConfig;
  /** See `backendTag`. */
  readonly tag: string;
  readonly log: Log;
  readonly clock: Clock;
  /** The environment to inherit from. */
  readonly environment: NodeJS.ProcessEnv;
  /** Called once, at the first byte the program writes, its protocol's stdout excepted. */
  readonly onFirstOutput: () => void;
}

/** @throws FaultError of stage `spawn` */
export function spawnBackend(options: SpawnOptions): ChildProcess {
  const { server, log, environment } = options;
  const inner = childEnvironment(server, environment);
  const command = resolveCommand(server, inner);
  if (command.substitution !== undefined)
    log.info("command substituted", { backend: server.name, reason: command.substitution });
  const env = { ...inner, [tagVariable]: tagValue(options.tag, environment[tagVariable]) };
  return new ChildProcess(start(command, server, env), options);
}

/** The child, and our ends of what it talks over. */
interface Started {
  readonly child: Bun.Subprocess<"ignore" | "pipe" | number, "pipe" | number, "pipe">;
  /** Undefined: the program reads nothing. */
  readonly stdin: InputSink | undefined;
  /** Undefined: what it writes is for the log. */
  readonly stdout: ProcessOutput | undefined;
}

function start(command: ResolvedCommand, server: ServerConfig, env: Record<string, string>): Started {
  const isStdio = server.transport === "stdio";
  const sockets = isStdio ? StdioSockets.open() : undefined;
  try {
    const child = Bun.spawn([...command.argv], {
      cwd: server.cwd,
      env,
      // A program that talks over HTTP has nothing to read; one that reads its stdin must not find ours.
      stdin: sockets?.childs.stdin ?? (isStdio ? "pipe" : "ignore"),
      stdout: sockets?.childs.stdout ?? "pipe",
      stderr: "pipe",
      detached: process.platform !== "win32",
      windowsHide: true,
      windowsVerbatimArguments: command.verbatim,
    });
    if (sockets !== undefined) return { child, ...sockets.started() };
    const { stdin, stdout } = child;
    return {
      child,
      stdin: typeof stdin === "object" ? stdin : undefined,
      stdout: isStdio && typeof stdout === "object" ? new PipeOutput(stdout) : undefined,
    };
  } catch (error) {
    sockets?.abandon();
    throw startFault(error, command, server);
  }
}

/** The command was there a moment ago, so what is left is rarer, and is said as precisely as the system says it. */
function startFault(error: unknown, command: ResolvedCommand, server: ServerConfig): FaultError {
  const path = command.argv[0] ?? "";
  const code = systemCodeOf(error);
  if (code === "ENOENT") {
    return spawnFault(
      `${path} can't be started: its interpreter is not there`,
      "Check the first line (#!) of the file.",
    );
  }
  if (code === "EACCES")
    return spawnFault(
      `${path} can't be started: permission denied`,
      `Check the permissions of ${path} and of ${server.cwd}.`,
    );
  if (code === "E2BIG")
    return spawnFault(
      `${path} can't be started: arguments and environment are too long`,
      "Shorten `args` or `env`.",
    );
  if (code === "EMFILE" || code === "EAGAIN" || code === "ENOMEM") {
    return spawnFault(
      `${path} can't be started: the system is out of resources (${code})`,
      "Raise the limits on open files and processes, or run fewer servers.",
    );
  }
  return spawnFault(`${path} can't be started: ${messageOf(error)}`, "Check `command`, `args` and `cwd`.");
}

export class ChildProcess implements BackendProcess {
  readonly pid: number;
  readonly exited: Promise<ExitFacts>;
  readonly stdout: ProcessOutput;
  readonly stdin: BackendProcess["stdin"];
  readonly #log: Log;
  readonly #backend: string;
  readonly #tree: ProcessTree;
  readonly #errors: OutputLog;
  #stopping: Promise<void> | undefined;
  #hurry: () => void = () => undefined;
  readonly #hurried: Promise<void>;
  #hasExited = false;
  readonly #errorsDrained: Promise<void>;

  constructor({ child, stdin, stdout }: Started, options: SpawnOptions) {
    const { log, clock, server } = options;
    this.pid = child.pid;
    this.#log = log;
    this.#backend = server.name;
    this.#tree =
      process.platform === "win32"
        ? new WindowsProcessTree(this.pid)
        : new PosixProcessTree(this.pid, options.tag);
    this.#hurried = new Promise((resolve) => {
      this.#hurry = resolve;
    });
    this.exited = child.exited.then(() => {
      this.#hasExited = true;
      return {
        exitCode: child.exitCode,
        signal: child.signalCode === null ? null : String(child.signalCode),
      };
    });
    this.stdin = stdin === undefined ? silentStdin : new StdinQueue(stdin);
    const onFirst = once(options.onFirstOutput);
    this.#errors = new OutputLog({ log, clock, backend: server.name, event: "backend stderr" });
    this.#errorsDrained = drainLines(child.stderr, this.#errors, onFirst);
    this.stdout = stdout ?? noOutput;
    if (stdout === undefined && typeof child.stdout === "object") {
      const output = new OutputLog({ log, clock, backend: server.name, event: "backend stdout" });
      void drainLines(child.stdout, output, onFirst);
    }
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  stderrTail(): readonly string[] {
    return this.#errors.tail();
  }

  /** Resolves when stderr has ended, so that the tail is complete; bounded by the caller. */
  get stderrEnded(): Promise<void> {
    return this.#errorsDrained;
  }

  /** For the last moment of this process: no waiting, no looking. */
  killNow(): void {
    this.#tree.killNow();
  }

  stop(options: { readonly now?: boolean } = {}): Promise<void> {
    if (options.now === true) this.#hurry();
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const hurried = { yes: false };
    void this.#hurried.then(() => {
      hurried.yes = true;
    });
    await this.#tree.survey();
    this.stdin.end();
    if (!hurried.yes && !this.#hasExited && this.stdin !== silentStdin)
      await this.#within(limits.stopInputGraceMs, this.exited);
    if (!hurried.yes && (await this.#tree.isAlive())) {
      this.#tree.terminate();
      await this.#untilGone(limits.stopTermGraceMs, hurried);
    }
    const left = await this.#tree.killAll();
    if (left > 0)
      this.#log.error("processes left that can't be killed", { backend: this.#backend, count: left });
    await Promise.race([this.exited, Bun.sleep(limits.exitOutputGraceMs)]);
    this.stdout.cancel();
  }

  async #untilGone(graceMs: number, hurried: { readonly yes: boolean }): Promise<void> {
    const deadlineMs = performance.now() + graceMs;
    // Looking costs a walk over all processes, so those that take their time are looked at less often.
    for (let pollMs = limits.stopPollMs; !hurried.yes && performance.now() < deadlineMs; pollMs *= 1.5) {
      await this.#within(
        Math.min(pollMs, deadlineMs - performance.now()),
        this.#hasExited ? new Promise(() => undefined) : this.exited,
      );
      if (this.#hasExited && !(await this.#tree.isAlive())) return;
    }
  }

  /** Waits for the event, for the time, or until somebody is in a hurry. */
  async #within(timeMs: number, event: Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeMs);
    await Promise.race([promise, event, this.#hurried]);
    clearTimeout(timer);
  }
}

const silentStdin: BackendProcess["stdin"] = {
  write: () => undefined,
  queuedBytes: 0,
  isOpen: false,
  end: () => undefined,
};

function once(callback: () => void): () => void {
  let called = false;
  return () => {
    if (called) return;
    called = true;
    callback();
  };
}
