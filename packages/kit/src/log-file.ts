import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { limits } from "./limits.ts";

export interface LogFileOptions {
  readonly directory: string;
  /** `YYYYMMDD_HHMMSS` of the run; all processes of one run share it. */
  readonly stamp: string;
  readonly level: string;
  /** The process that writes: `gateway`, `supervisor`. */
  readonly source: string;
}

/**
 * `logs/log_YYYYMMDD_HHMMSS_LEVEL_<source>[.N].log`: lines are gathered and written together, a full
 * file is followed by the next number, and the oldest files are removed. Nothing that can happen to the
 * disk reaches the caller: lines that can't be written are counted and the count is written later.
 */
export class LogFile {
  readonly #options: LogFileOptions;
  #descriptor: number | undefined;
  #bytes = 0;
  #part = 0;
  /** Lines that wait to be written, as the bytes they will be: thousands of them a second leave nothing to collect. */
  #pending: Buffer | undefined;
  #pendingBytes = 0;
  #pendingLines = 0;
  #lost = 0;
  #fault: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#open();
  }

  /** The file being written now. */
  get path(): string {
    const { directory, stamp, level, source } = this.#options;
    const part = this.#part === 0 ? "" : `.${this.#part}`;
    return join(directory, `log_${stamp}_${level.toUpperCase()}_${source}${part}.log`);
  }

  /** Why there is no file to write to now; it is tried again with each line. */
  get fault(): string | undefined {
    return this.#fault;
  }

  append(text: string): void {
    this.appendFlat(clip(text));
  }

  /** The same for text that has no line end in it; the caller knows. */
  appendFlat(text: string): void {
    const line = `${timestampNow()} ${text.length > limits.logLineBytesMax ? clip(text) : text}\n`;
    // A character of a string takes at most three bytes in UTF-8.
    if (this.#pendingBytes + line.length * 3 > limits.logBufferBytesMax) this.flush();
    this.#pending ??= Buffer.allocUnsafeSlow(limits.logBufferBytesMax);
    this.#pendingBytes += this.#pending.write(line, this.#pendingBytes);
    this.#pendingLines += 1;
    this.#timer ??= setTimeout(() => this.flush(), limits.logFlushMs);
  }

  /** Writes what waits. Called by timer, at exit, and when the buffer is full. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending === undefined || this.#pendingBytes === 0) return;
    const [lines, bytes] = [this.#pendingLines, this.#pendingBytes];
    this.#pendingLines = 0;
    this.#pendingBytes = 0;
    try {
      if (this.#bytes > limits.logFileBytesMax || this.#wasRemoved()) this.#rotate();
      if (this.#descriptor === undefined) this.#open();
      if (this.#descriptor === undefined) throw new Error("no log file");
      if (this.#lost > 0)
        this.#write(
          this.#descriptor,
          Buffer.from(`${timestamp(new Date())} WARNING log lines lost count=${this.#lost}\n`),
        );
      this.#write(this.#descriptor, this.#pending.subarray(0, bytes));
      this.#lost = 0;
    } catch {
      this.#lost += lines; // A full or vanished disk must not stop the gateway; the loss is told later.
    }
  }

  #write(descriptor: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    this.#bytes += bytes.length;
  }

  close(): void {
    this.flush();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): void {
    try {
      mkdirSync(this.#options.directory, { recursive: true });
      this.#descriptor = openSync(this.path, "a", 0o600);
      this.#bytes = statSync(this.path).size;
      this.#fault = undefined;
      removeOldest(this.#options.directory);
    } catch (error) {
      this.#fault = error instanceof Error ? error.message : String(error);
      this.#descriptor = undefined; // Tried again at the next flush.
    }
  }

  #rotate(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    if (this.#bytes > limits.logFileBytesMax) this.#part += 1;
    this.#open();
  }

  #wasRemoved(): boolean {
    try {
      return this.#descriptor !== undefined && statSync(this.path, { throwIfNoEntry: false }) === undefined;
    } catch {
      return true;
    }
  }
}

/** Keeps the newest of its own kind: the folder may be one that other programs write their logs to as well. */
function removeOldest(directory: string): void {
  const files = readdirSync(directory)
    .filter((name) => ownName.test(name))
    // The other process of this run may remove the same ones at this moment.
    .map((name) => ({ name, atMs: statSync(join(directory, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.atMs - a.atMs);
  for (const { name } of files.slice(limits.logFilesMax)) rmSync(join(directory, name), { force: true });
}

const ownName = /^log_\d{8}_\d{6}_[A-Z]+_[a-z0-9-]+(?:\.\d+)?\.log$/;

function clip(text: string): string {
  const isFlat = !text.includes("\n") && !text.includes("\r");
  const flat = isFlat ? text : text.replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return flat.length <= limits.logLineBytesMax
    ? flat
    : `${flat.slice(0, limits.logLineBytesMax)}… (${flat.length} characters)`;
}

let lastSecond = -1;
let lastSecondText = "";

/** The same, for one line after another: only the milliseconds differ most of the time. */
function timestampNow(): string {
  const nowMs = Date.now();
  const second = Math.floor(nowMs / 1_000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastSecondText = timestamp(new Date(nowMs)).slice(0, -3);
  }
  return lastSecondText + String(nowMs % 1_000).padStart(3, "0");
}

/** Local time, as people read it: `2026-11-23 08:30:01.123`. */
export function timestamp(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** `YYYYMMDD_HHMMSS`, for file names. */
export function runStamp(date: Date): string {
  return timestamp(date).slice(0, 19).replaceAll("-", "").replaceAll(":", "").replace(" ", "_");
}
