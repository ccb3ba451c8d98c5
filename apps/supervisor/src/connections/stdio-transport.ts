/**
 * Messages as lines on a program's stdin and stdout (MCP transports, "stdio"). The process itself belongs to
 * others; here its end is noticed and told.
 */
import { type Log, limits, messageOf, systemClock } from "@mcp-gateway/kit";
import { LineSplitter } from "@mcp-gateway/mcp";
import type { BackendProcess, ExitFacts } from "../process/backend-process.ts";
import { fault } from "./fault.ts";
import { idInHead } from "./inbound.ts";
import { OversizedCount, oversizedError } from "./oversized.ts";
import { passed } from "./timing.ts";
import type { Transport, TransportEvents, TransportFault } from "./transport.ts";

const lineEnd = Buffer.from("\n");

export class StdioTransport implements Transport {
  readonly #backend: string;
  readonly #process: BackendProcess;
  readonly #events: TransportEvents;
  readonly #log: Log;
  readonly #oversized = new OversizedCount();
  #isClosed = false;
  #isNegotiated = false;
  /** Its output may still be read for a moment, but nobody reads its input any more. */
  #hasExited = false;
  readonly #outputEnded: Promise<void>;

  constructor(backend: string, process: BackendProcess, events: TransportEvents, log: Log) {
    this.#backend = backend;
    this.#process = process;
    this.#events = events;
    this.#log = log;
    this.#outputEnded = this.#read();
    void this.#watchEnd();
  }

  send(message: Uint8Array): "sent" | "stalled" | "closed" {
    if (this.#isClosed || this.#hasExited) return "closed";
    const { stdin } = this.#process;
    if (!stdin.isOpen) {
      // Not within the caller's turn: its own request is refused first, then everything ends.
      queueMicrotask(() => {
        if (!this.#hasExited) this.#end("The program has closed its input.");
      });
      return "closed";
    }
    // One message is always taken by an idle backend, however large.
    if (stdin.queuedBytes > 0 && stdin.queuedBytes + message.length > limits.backendInputBytesMax)
      return "stalled";
    // The queue behind it joins what is written in one turn, so the line end costs no copy of a large message.
    stdin.write(message);
    stdin.write(lineEnd);
    return "sent";
  }

  abandon(): void {
    // All answers share one stream; an unwanted one is dropped when it comes.
  }

  negotiated(): void {
    this.#isNegotiated = true;
  }

  opened(): void {
    // Nothing to open: the backend's own messages come on the same pipe.
  }

  pause(): void {
    this.#process.stdout.pause();
  }

  resume(): void {
    this.#process.stdout.resume();
  }

  /** Closing stdin is how a session ends here; whoever owns the process ends what ignores it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#process.stdout.resume();
    try {
      this.#process.stdin.end();
    } catch (thrown) {
      this.#log.debug("backend input already closed", { backend: this.#backend, cause: messageOf(thrown) });
    }
    await Promise.race([this.#outputEnded, passed(limits.stopInputGraceMs)]);
    this.#process.stdout.cancel();
  }

  /** Resolves when the program has closed its stdout or nobody wants it any more. */
  async #read(): Promise<void> {
    const splitter = new LineSplitter({
      lineBytesMax: limits.backendMessageBytesMax,
      onLine: (line) => {
        if (!this.#isClosed) this.#events.onMessage(line, undefined);
      },
      onOversized: (bytes, head) => this.#tookOversized(bytes, head),
    });
    await this.#process.stdout.read((chunk) => splitter.push(chunk));
    splitter.end();
  }

  #tookOversized(bytes: number, head: Uint8Array): void {
    if (this.#isClosed) return;
    this.#log.warning("backend message too large", { backend: this.#backend, bytes });
    const id = idInHead(head);
    if (id !== undefined) this.#events.onRequestFailed(id, oversizedError(this.#backend, bytes));
    if (this.#oversized.isTooMany(systemClock.nowMs())) {
      this.#end(`The program keeps sending messages beyond ${limits.backendMessageBytesMax} bytes.`);
    }
  }

  /**
   * A program that ends also closes its stdout, in either order; each gets a moment for the other. A
   * grandchild may hold the pipe open, and a program may close its stdout and live: both are the end.
   */
  async #watchEnd(): Promise<void> {
    const { exited } = this.#process;
    const first = await Promise.race([exited, this.#outputEnded]);
    if (first !== undefined) {
      this.#hasExited = true;
      await Promise.race([this.#outputEnded, passed(limits.exitOutputGraceMs)]);
      return this.#end(exitSentence(first));
    }
    const facts = await Promise.race([exited, passed(limits.exitOutputGraceMs)]);
    this.#end(facts === undefined ? "The program closed its output but did not end." : exitSentence(facts));
  }

  #end(message: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#events.onClosed(this.#faultOf(message));
  }

  #faultOf(message: string): TransportFault {
    if (this.#isNegotiated)
      return fault("running", message, "It is restarted by itself; its last words are in the log.");
    return fault(
      "handshake",
      message,
      "Run the command by hand to see what it says; check `command`, `args` and `env` of its entry.",
    );
  }
}

function exitSentence({ exitCode, signal }: ExitFacts): string {
  if (signal !== null) return `The program was ended by ${signal}.`;
  return exitCode === null ? "The program has ended." : `The program ended with exit code ${exitCode}.`;
}
