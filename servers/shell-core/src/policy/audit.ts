/**
 * Two lines of JSON for each call, in a file of its owner's: what is about to be done, before it is done, and
 * the same with what came of it. A call that can't be written down is not made.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "@mcp-gateway/kit/errors";
import { limits } from "@mcp-gateway/kit/limits";
import { type AuditResult, askedOf, outcomeOf } from "./audit-facts.ts";
import { type AuditSettings, PolicyFault } from "./policy.ts";

const privateMode = 0o600;
const newline = 10;

export class Audit {
  readonly #settings: AuditSettings;
  readonly #server: string;
  readonly #run: string;
  #calls = 0;
  /** Whether the last line may have been cut off: by whoever wrote before this start, or by a full disk. */
  #mayBeTorn = true;

  /** @param run tells the calls of this process from those of others in the same file */
  constructor(settings: AuditSettings, server: string, run: string) {
    this.#settings = settings;
    this.#server = server;
    this.#run = run;
  }

  /** @throws PolicyFault when the line can't be written */
  begin(tool: string, given: unknown): (result: AuditResult | Error) => void {
    this.#calls += 1;
    const asked = {
      call: `${this.#run}.${this.#calls}`,
      tool,
      ...askedOf(given, this.#settings.commands, process.cwd()),
    };
    const startedAtMs = performance.now();
    this.#append({ event: "begin", ...asked });
    return (result) => {
      const durationMs = Math.round(performance.now() - startedAtMs);
      this.#append({ event: "end", ...asked, durationMs, ...outcomeOf(result, this.#settings.commands) });
    };
  }

  /** @throws PolicyFault */
  note(event: string, facts: Readonly<Record<string, unknown>> = {}): void {
    this.#append({ event, ...facts });
  }

  #append(facts: Readonly<Record<string, unknown>>): void {
    const entry = { time: new Date().toISOString(), server: this.#server, pid: process.pid, ...facts };
    const line = `${JSON.stringify(entry)}\n`;
    const { path } = this.#settings;
    try {
      const file = this.#openWithRoom(Buffer.byteLength(line));
      try {
        // What was cut off must not take the next line with it.
        const whole = Buffer.from(this.#mayBeTorn && isTorn(file) ? `\n${line}` : line);
        this.#mayBeTorn = true;
        for (let at = 0; at < whole.length; ) at += writeSync(file, whole, at);
        this.#mayBeTorn = false;
      } finally {
        closeSync(file);
      }
    } catch (cause) {
      throw new PolicyFault(
        `Nothing was run: each call must be written to the audit file ${path}, and that failed: ${messageOf(cause)}`,
      );
    }
  }

  /** Opened anew for each line, so that a file that was moved away or is shared costs nothing but its order. */
  #openWithRoom(bytes: number): number {
    const file = this.#open();
    const stat = fstatSync(file);
    if (stat.size === 0 || stat.size + bytes <= this.#settings.bytesMax) return file;
    closeSync(file);
    this.#rotate(stat);
    return this.#open();
  }

  #open(): number {
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
    mkdirSync(dirname(this.#settings.path), { recursive: true, mode: 0o700 });
    // Windows has no O_NOFOLLOW; there it is undefined and adds nothing.
    const file = openSync(this.#settings.path, O_APPEND | O_CREAT | O_RDWR | (O_NOFOLLOW ?? 0), privateMode);
    try {
      const stat = fstatSync(file);
      if (!stat.isFile()) throw new Error("it is no file");
      if (process.platform !== "win32" && (stat.mode & 0o777) !== privateMode) fchmodSync(file, privateMode);
      return file;
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  /** @param full the file that has no room; when it lies elsewhere by now, another server was faster */
  #rotate(full: Stats): void {
    const { path, filesMax } = this.#settings;
    if (statSync(path, { throwIfNoEntry: false })?.ino !== full.ino) return;
    for (let number = filesMax; number >= 1; number--) {
      const from = number === 1 ? path : `${path}.${number - 1}`;
      try {
        renameSync(from, `${path}.${number}`);
      } catch {
        // There are fewer full ones yet.
      }
    }
  }
}

/** Looked at several times, because another server may be in the middle of a line. */
function isTorn(file: number): boolean {
  for (let look = 0; look < limits.shellAuditTornLooks; look++) {
    const { size } = fstatSync(file);
    if (size === 0) return false;
    const last = Buffer.alloc(1);
    readSync(file, last, 0, 1, size - 1);
    if (last[0] === newline) return false;
    Bun.sleepSync(limits.shellAuditTornLookMs);
  }
  return true;
}
