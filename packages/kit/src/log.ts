import type { LogFile } from "./log-file.ts";
import { redact } from "./redact.ts";

export const logLevels = ["debug", "info", "warning", "error", "critical"] as const;
export type LogLevel = (typeof logLevels)[number];

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3, critical: 4 };

/** Facts of one event. `undefined` is left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * One line an event: `2026-11-23 08:30:01.123 INFO gateway backend ready backend=bash tools=1`.
 * Events are lower case and constant; what varies goes into the fields.
 */
export class Log {
  readonly #source: string;
  readonly #level: number;
  readonly #file: LogFile | undefined;

  /** @param source the process: `gateway`, `supervisor` */
  constructor(source: string, level: LogLevel, file: LogFile | undefined) {
    this.#source = source;
    this.#level = rank[level];
    this.#file = file;
  }

  isEnabled(level: LogLevel): boolean {
    return rank[level] >= this.#level;
  }

  debug(event: string, fields?: LogFields): void {
    this.#write("debug", event, fields);
  }
  info(event: string, fields?: LogFields): void {
    this.#write("info", event, fields);
  }
  warning(event: string, fields?: LogFields): void {
    this.#write("warning", event, fields);
  }
  error(event: string, fields?: LogFields): void {
    this.#write("error", event, fields);
  }
  critical(event: string, fields?: LogFields): void {
    this.#write("critical", event, fields);
  }

  /** A finished line, for the data path: the caller has checked `isEnabled`, and quoted the fields. */
  line(level: LogLevel, text: string): void {
    this.#file?.appendFlat(`${level.toUpperCase()} ${this.#source} ${text}`);
  }

  #write(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (rank[level] < this.#level) return;
    this.#file?.append(`${level.toUpperCase()} ${this.#source} ${event}${formatFields(fields)}`);
  }
}

/** ` key=value …`; values with spaces or quotes are JSON strings, so a line can be taken apart again. */
export function formatFields(fields: LogFields): string {
  let text = "";
  for (const key in fields) {
    const value = fields[key];
    if (value === undefined) continue;
    text += ` ${key}=${typeof value === "string" ? quoteIfNeeded(redact(value)) : String(value)}`;
  }
  return text;
}

function quoteIfNeeded(value: string): string {
  return /^[^\s"=\p{C}]+$/u.test(value) ? value : JSON.stringify(value);
}
