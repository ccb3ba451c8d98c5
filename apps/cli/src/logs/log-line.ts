/** One line of a log file: `2026-11-23 08:30:01.123 INFO gateway backend ready backend=bash`. Pure. */
import { formatFields, type LogLevel, logLevels } from "@mcp-gateway/kit";
import { printable } from "@mcp-gateway/kit/terminal-text";
import type { Paint } from "../terminal.ts";

export interface LogLine {
  /** Local time; sorts as text. */
  readonly time: string;
  readonly level: LogLevel;
  /** The process that wrote it. */
  readonly source: string;
  readonly text: string;
}

const shape = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) ([A-Z]+) (\S+) ?(.*)$/;

export function parseLogLine(text: string): LogLine | undefined {
  const [, time = "", word = "", source = "", rest = ""] = shape.exec(text) ?? [];
  const level = logLevels.find((known) => known === word.toLowerCase());
  return level === undefined ? undefined : { time, level, source, text: rest };
}

export interface LogFilter {
  readonly server: string | undefined;
  readonly levelMin: LogLevel | undefined;
}

export function logFilter({ server, levelMin }: LogFilter): (line: LogLine) => boolean {
  const field = server === undefined ? undefined : formatFields({ backend: server });
  const rank = levelMin === undefined ? 0 : logLevels.indexOf(levelMin);
  return (line) =>
    logLevels.indexOf(line.level) >= rank && (field === undefined || `${line.text} `.includes(`${field} `));
}

/** Lines of several files in the order of their time; lines of the same time keep the files' order. */
export function mergeByTime(lists: readonly (readonly LogLine[])[]): readonly LogLine[] {
  return lists.flat().sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

export function logText(line: LogLine, paint: Paint): string {
  const colour = {
    debug: paint.dim,
    info: paint.cyan,
    warning: paint.yellow,
    error: paint.red,
    critical: paint.red,
  }[line.level];
  const level = colour(line.level.toUpperCase().padEnd(8));
  return `${paint.dim(line.time)} ${level} ${paint.dim(line.source.padEnd(10))} ${printable(line.text)}`;
}
