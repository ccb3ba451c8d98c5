/** A process that takes input for as long as it lives, with all it starts; unlike a command it has no time of its own. */
import { tagValue, tagVariable } from "./call-tag.ts";
import type { ProcessEntry } from "./process-table.ts";
import { endTree, type ProcessTree, processTree } from "./process-tree.ts";
import type { CommandRequest, OutputStream } from "./run-command.ts";
import { sendSignal } from "./send-signal.ts";
import { startFaultOf } from "./start-fault.ts";
import { within } from "./within.ts";

export interface LiveProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export class LiveProcess {
  readonly pid: number;
  /** Resolves when the process has ended and its output is read, or can't be waited for any longer. */
  readonly ended: Promise<LiveProcessEnd>;
  readonly #tree: ProcessTree;
  readonly #input: { write(text: string): unknown; flush(): unknown; end(): unknown };

  private constructor(
    launch: Pick<CommandRequest, "argv" | "cwd" | "env">,
    tag: string,
    onOutput: (stream: OutputStream, chunk: Uint8Array) => void,
    outputGraceMs: number,
  ) {
    const child = Bun.spawn([...launch.argv], {
      cwd: launch.cwd,
      env: { ...launch.env, [tagVariable]: tagValue(tag, launch.env[tagVariable]) },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
    this.pid = child.pid;
    this.#input = child.stdin;
    this.#tree = processTree(child.pid, tag);
    const read = Promise.all([
      drain(child.stdout, (chunk) => onOutput("stdout", chunk)),
      drain(child.stderr, (chunk) => onOutput("stderr", chunk)),
    ]);
    this.ended = child.exited.then(async () => {
      // What it left in the background may hold its output open for as long as it likes.
      await within(outputGraceMs, read);
      return {
        exitCode: child.exitCode,
        signal: child.signalCode === null ? null : String(child.signalCode),
      };
    });
  }

  /** @throws StartFault */
  static start(
    launch: Pick<CommandRequest, "argv" | "cwd" | "env">,
    tag: string,
    onOutput: (stream: OutputStream, chunk: Uint8Array) => void,
    outputGraceMs: number,
  ): LiveProcess {
    try {
      return new LiveProcess(launch, tag, onOutput, outputGraceMs);
    } catch (error) {
      throw startFaultOf(error, launch.argv[0]);
    }
  }

  write(text: string): void {
    // It may end meanwhile, and `ended` tells.
    settle(() => this.#input.write(text));
    settle(() => this.#input.flush());
  }

  /** To the process and all that shares its group. */
  signalGroup(signal: NodeJS.Signals): void {
    sendSignal(-this.pid, signal);
  }

  /** Who belongs to it now, itself included. */
  async members(): Promise<readonly ProcessEntry[]> {
    await this.#tree.survey();
    return this.#tree.members();
  }

  /** Ends it with all it started. @returns how many processes could not be ended */
  async end(graceMs: () => number): Promise<number> {
    // Closed already where its own end was faster.
    settle(() => this.#input.end());
    return endTree(this.#tree, graceMs);
  }

  killNow(): void {
    this.#tree.kill();
  }
}

/** For what may fail at once, or later, without anybody having to know. */
function settle(act: () => unknown): void {
  try {
    Promise.resolve(act()).catch(() => undefined);
  } catch {
    // As said.
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
