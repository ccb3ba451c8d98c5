/**
 * One line of JSON before each call and one after it, in a file of its owner's. A call that can't be written
 * down is not made.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "@mcp-gateway/kit/errors";
import { limits } from "@mcp-gateway/kit/limits";
import { type AuditSettings, PolicyFault } from "./policy.ts";

const privateMode = 0o600;

export interface AuditResult {
  readonly isError?: boolean | undefined;
  readonly structuredContent?: Readonly<Record<string, unknown>> | undefined;
  readonly content?: readonly { readonly type: string; readonly text?: unknown }[] | undefined;
}

export class Audit {
  readonly #settings: AuditSettings;
  readonly #server: string;
  readonly #run: string;
  #calls = 0;

  /** @param run tells the calls of this process from those of others in the same file */
  constructor(settings: AuditSettings, server: string, run: string) {
    this.#settings = settings;
    this.#server = server;
    this.#run = run;
  }

  /** @throws PolicyFault when the line can't be written */
  begin(tool: string, given: unknown): (result: AuditResult | Error) => void {
    this.#calls += 1;
    const call = `${this.#run}.${this.#calls}`;
    const startedAtMs = performance.now();
    this.#append({ event: "begin", call, tool, arguments: withoutValues(given) });
    return (result) => {
      const durationMs = Math.round(performance.now() - startedAtMs);
      this.#append({ event: "end", call, tool, durationMs, ...outcomeOf(result) });
    };
  }

  /** @throws PolicyFault */
  note(event: string, facts: Readonly<Record<string, unknown>> = {}): void {
    this.#append({ event, ...facts });
  }

  #append(facts: Readonly<Record<string, unknown>>): void {
    const entry = { time: new Date().toISOString(), server: this.#server, pid: process.pid, ...facts };
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    const { path } = this.#settings;
    try {
      let file = this.#open();
      // Opened anew for each line, so that a file that was moved away or is shared costs nothing but its order.
      if (fstatSync(file).size > 0 && fstatSync(file).size + line.length > this.#settings.bytesMax) {
        closeSync(file);
        this.#rotate();
        file = this.#open();
      }
      try {
        for (let at = 0; at < line.length; ) at += writeSync(file, line, at);
      } finally {
        closeSync(file);
      }
    } catch (cause) {
      throw new PolicyFault(
        `Nothing was run: each call must be written to the audit file ${path}, and that failed: ${messageOf(cause)}`,
      );
    }
  }

  #open(): number {
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
    mkdirSync(dirname(this.#settings.path), { recursive: true, mode: 0o700 });
    // Windows has no O_NOFOLLOW; there it is undefined and adds nothing.
    const file = openSync(
      this.#settings.path,
      O_APPEND | O_CREAT | O_WRONLY | (O_NOFOLLOW ?? 0),
      privateMode,
    );
    const stat = fstatSync(file);
    if (!stat.isFile()) {
      closeSync(file);
      throw new Error("it is no file");
    }
    if (process.platform !== "win32" && (stat.mode & 0o777) !== privateMode) fchmodSync(file, privateMode);
    return file;
  }

  #rotate(): void {
    const { path, filesMax } = this.#settings;
    for (let number = filesMax; number >= 1; number--) {
      const from = number === 1 ? path : `${path}.${number - 1}`;
      try {
        renameSync(from, `${path}.${number}`);
      } catch {
        // There are fewer full ones yet, or another server of the same file was faster.
      }
    }
  }
}

/** The arguments are what an audit is for; values of variables may be secrets, and only their names are kept. */
function withoutValues(given: unknown): unknown {
  if (typeof given !== "object" || given === null || !("env" in given)) return given;
  const { env } = given;
  return { ...given, env: typeof env === "object" && env !== null ? Object.keys(env) : "(no object)" };
}

const kept = [
  "exitCode",
  "signal",
  "timedOut",
  "cancelled",
  "stdoutBytes",
  "stderrBytes",
  "leftRunning",
  "session",
  "job",
  "state",
] as const;

/** Never output. The text of a call that ran nothing is this server's own sentence. */
function outcomeOf(result: AuditResult | Error): Readonly<Record<string, unknown>> {
  if (result instanceof Error) return { outcome: "error", reason: clip(result.message) };
  const { structuredContent: facts, isError = false } = result;
  if (facts === undefined) {
    const text = result.content?.find(({ type }) => type === "text")?.text;
    const reason = isError && typeof text === "string" ? { reason: clip(text) } : {};
    return { outcome: isError ? "refused" : "answered", ...reason };
  }
  const entries = kept.filter((name) => facts[name] !== undefined).map((name) => [name, facts[name]]);
  return { outcome: isError ? "failed" : "done", ...Object.fromEntries(entries) };
}

function clip(text: string): string {
  return text.slice(0, limits.shellAuditReasonCharsMax);
}
