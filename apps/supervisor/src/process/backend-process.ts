/** A running program of a backend, with everything it starts. */
import type { ProcessOutput } from "./stdio/process-output.ts";

export interface ExitFacts {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface BackendProcess {
  readonly pid: number;
  /** Resolves when the direct child has ended; never rejects. */
  readonly exited: Promise<ExitFacts>;
  /** The child's stdout. Read by the stdio transport, or drained into the log for sse/http backends. */
  readonly stdout: ProcessOutput;
  /** Queues bytes for the child's stdin. `queuedBytes` says what it has not yet read. */
  readonly stdin: {
    write(bytes: Uint8Array): void;
    readonly queuedBytes: number;
    /** False once the program has closed its stdin. */
    readonly isOpen: boolean;
    end(): void;
  };
  /** The newest stderr lines, oldest first, at most `limits.stderrTailLinesMax`. */
  stderrTail(): readonly string[];
  /**
   * Ends the whole process tree: stdin closed, SIGTERM to the group after `limits.stopInputGraceMs`,
   * SIGKILL after `limits.stopTermGraceMs`, then a sweep for processes that left the group.
   * `now` skips the waiting. Idempotent; resolves when nothing of it is left.
   */
  stop(options?: { readonly now?: boolean }): Promise<void>;
}
