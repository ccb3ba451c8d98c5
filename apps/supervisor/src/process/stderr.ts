/**
 * A child's stderr (or the stdout of a program that talks over HTTP): always drained, split into bounded
 * lines, the newest kept for fault reports, and logged at a bounded rate with a count of what was left out.
 */
import { type Clock, type Log, limits, redact } from "@mcp-gateway/kit";

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Splits a byte stream into lines; of a longer line than the bound the beginning is kept. */
export class TextLines {
  readonly #onLine: (line: string) => void;
  readonly #lineBytesMax: number;
  #open: Uint8Array[] = [];
  #openBytes = 0;
  #cut = false;

  constructor(onLine: (line: string) => void, lineBytesMax: number = limits.stderrLineBytesMax) {
    this.#onLine = onLine;
    this.#lineBytesMax = lineBytesMax;
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      this.#take(chunk.subarray(from, at));
      this.#end();
      from = at + 1;
    }
    if (from < chunk.length) this.#take(chunk.subarray(from));
  }

  /** What stands behind the last line end is a line too. */
  finish(): void {
    if (this.#openBytes > 0) this.#end();
  }

  #take(bytes: Uint8Array): void {
    const room = this.#lineBytesMax - this.#openBytes;
    if (bytes.length > room) this.#cut = true;
    if (room <= 0 || bytes.length === 0) return;
    const part = bytes.length > room ? bytes.slice(0, room) : bytes.slice();
    this.#open.push(part);
    this.#openBytes += part.length;
  }

  #end(): void {
    let line = Buffer.concat(this.#open, this.#openBytes);
    if (line.at(-1) === carriageReturn) line = line.subarray(0, -1);
    this.#onLine(this.#cut ? `${line.toString()}…` : line.toString());
    this.#open = [];
    this.#openBytes = 0;
    this.#cut = false;
  }
}

/** A ring of the newest lines, and the log behind a rate limit. */
export class OutputLog {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #event: string;
  readonly #backend: string;
  readonly #tail: string[] = [];
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #linesInWindow = 0;
  #dropped = 0;

  constructor(options: { log: Log; clock: Clock; backend: string; event: string }) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#backend = options.backend;
    this.#event = options.event;
  }

  line(line: string): void {
    this.#tail.push(redact(line));
    if (this.#tail.length > limits.stderrTailLinesMax) this.#tail.shift();
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#windowStartMs >= 1_000) {
      this.finish();
      this.#windowStartMs = nowMs;
      this.#linesInWindow = 0;
    }
    this.#linesInWindow += 1;
    if (this.#linesInWindow > limits.stderrLinesPerSecondMax) this.#dropped += 1;
    else this.#log.info(this.#event, { backend: this.#backend, line });
  }

  /** Says how many lines were left out, if any. */
  finish(): void {
    if (this.#dropped === 0) return;
    this.#log.warning(`${this.#event} lines dropped`, { backend: this.#backend, count: this.#dropped });
    this.#dropped = 0;
  }

  tail(): readonly string[] {
    return [...this.#tail];
  }
}

/** Reads a stream to its end; resolves then, and never rejects. */
export async function drainLines(
  stream: ReadableStream<Uint8Array>,
  output: OutputLog,
  onFirst: () => void,
): Promise<void> {
  const lines = new TextLines((line) => output.line(line));
  try {
    for await (const chunk of stream) {
      onFirst();
      lines.push(chunk);
    }
  } catch {
    // A pipe that breaks with its process has ended, which is all that matters here.
  }
  lines.finish();
  output.finish();
}
