/**
 * Runs one program: its arguments go to it as they are, its stdin is empty, its output is bounded, and when
 * its time is over or its caller gone, it ends with everything it started.
 */
import { limits } from "@mcp-gateway/kit/limits";
import { tagValue, tagVariable } from "./call-tag.ts";
import { CappedOutput, type CapturedOutput } from "./capped-output.ts";
import type { Decode } from "./code-page.ts";
import type { CommandSource } from "./policy/policy.ts";
import { endTree, type ProcessTree, processTree } from "./process-tree.ts";
import { startFaultOf } from "./start-fault.ts";
import { within } from "./within.ts";

export type OutputStream = "stdout" | "stderr";

export interface CommandRequest {
  /** The program's path and its arguments; no shell looks at them. */
  readonly argv: readonly [program: string, ...rest: readonly string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  /** The caller's wish to end it. */
  readonly cancelled: AbortSignal;
  /** UTF-8 unless said. */
  readonly decode?: Decode | undefined;
  /** On Windows: the arguments are joined by spaces as they are, because the program has quoting rules of its own. */
  readonly isVerbatim?: boolean | undefined;
  /** What the lists of allowed and denied commands look at; without it they let nothing run. */
  readonly source?: CommandSource | undefined;
  /** Called once, when the program has been started. */
  readonly onStarted?: ((pid: number) => void) | undefined;
  /** Sees every chunk until the command has ended. */
  readonly onOutput?: ((stream: OutputStream, chunk: Uint8Array) => void) | undefined;
}

export interface CommandOutcome {
  /** Why it ended: by itself, for want of time, or because the caller wished it. */
  readonly end: "exited" | "timed-out" | "cancelled";
  /** Null when a signal ended it, or when it could not be ended. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  readonly durationMs: number;
  /** Processes of the command that live on: in the background by its own wish, or beyond our reach. */
  readonly leftRunning: number;
}

export interface Surroundings {
  readonly tag: string;
  /** Between asking the tree to end and killing it; asked for again and again while it is waited for. */
  readonly termGraceMs: () => number;
  readonly onStarted: (tree: ProcessTree) => void;
}

/** @throws StartFault when the program can't be started */
export async function runCommand(
  request: CommandRequest,
  surroundings: Surroundings,
): Promise<CommandOutcome> {
  const startedAtMs = performance.now();
  const child = spawn(request, surroundings.tag);
  const tree = processTree(child.pid, surroundings.tag);
  surroundings.onStarted(tree);
  request.onStarted?.(child.pid);
  const kept = { isOpen: true };
  const captures = {
    stdout: new CappedOutput(request.outputBytesMax, request.decode),
    stderr: new CappedOutput(request.outputBytesMax, request.decode),
  };
  const collect = (stream: OutputStream): Promise<void> =>
    drain(child[stream], (chunk) => {
      // What a background process writes after the command's end is read, so that it never blocks, and dropped.
      if (!kept.isOpen) return;
      captures[stream].push(chunk);
      request.onOutput?.(stream, chunk);
    });
  const drained = { yes: false };
  const outputs = Promise.all([collect("stdout"), collect("stderr")]).then(() => {
    drained.yes = true;
  });

  const end = await firstEnd(child.exited, request);
  let leftRunning = end === "exited" ? 0 : await endTree(tree, surroundings.termGraceMs);
  const durationMs = performance.now() - startedAtMs;
  await within(limits.shellOutputGraceMs, Promise.all([child.exited, outputs]));
  kept.isOpen = false;
  if (end === "exited" && (!drained.yes || tree.mayLive())) leftRunning = await tree.survey();
  const exitCode = child.exitCode === null ? null : (tree.exitCode?.() ?? child.exitCode);
  tree.release?.();
  return {
    end,
    exitCode,
    signal: child.signalCode === null ? null : String(child.signalCode),
    stdout: captures.stdout.capture(),
    stderr: captures.stderr.capture(),
    durationMs: Math.round(durationMs),
    leftRunning,
  };
}

function spawn(request: CommandRequest, tag: string) {
  try {
    return Bun.spawn([...request.argv], {
      cwd: request.cwd,
      env: { ...request.env, [tagVariable]: tagValue(tag, request.env[tagVariable]) },
      // Never our own stdin, which carries the protocol.
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      // A group and a session of its own: one signal reaches all of it, and no terminal can be asked for a password.
      detached: process.platform !== "win32",
      // A console that nobody sees: without one, programs can neither be told UTF-8 nor asked for their code page.
      windowsHide: true,
      windowsVerbatimArguments: request.isVerbatim === true,
    });
  } catch (error) {
    throw startFaultOf(error, request.argv[0]);
  }
}

async function firstEnd(exited: Promise<unknown>, request: CommandRequest): Promise<CommandOutcome["end"]> {
  const { promise, resolve } = Promise.withResolvers<CommandOutcome["end"]>();
  const timer = setTimeout(() => resolve("timed-out"), request.timeoutMs);
  const onCancel = (): void => resolve("cancelled");
  request.cancelled.addEventListener("abort", onCancel, { once: true });
  if (request.cancelled.aborted) onCancel();
  try {
    return await Promise.race([exited.then(() => "exited" as const), promise]);
  } finally {
    clearTimeout(timer);
    request.cancelled.removeEventListener("abort", onCancel);
  }
}

async function drain(
  stream: ReadableStream<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): Promise<void> {
  try {
    for await (const chunk of stream) onChunk(chunk);
  } catch {
    // A pipe that breaks ends the output; what came before is kept, and the exit tells the rest.
  }
}
