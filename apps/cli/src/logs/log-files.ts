/** The log files of a run, read from their end and followed as they grow. */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { limits } from "@mcp-gateway/kit";

/** All processes of one run share the stamp in the names of their files. */
export interface RunLogs {
  readonly directory: string;
  readonly stamp: string;
}

const named = /^log_(\d{8}_\d{6})_.*\.log$/;

/** The run that a log file belongs to. */
export function runOfFile(path: string): RunLogs | undefined {
  const stamp = named.exec(basename(path))?.[1];
  return stamp === undefined ? undefined : { directory: dirname(path), stamp };
}

/** The newest run in a folder. */
export function newestRun(directory: string): RunLogs | undefined {
  if (!existsSync(directory)) return undefined;
  const stamps = readdirSync(directory).flatMap((name) => named.exec(name)?.[1] ?? []);
  const stamp = stamps.sort().at(-1);
  return stamp === undefined ? undefined : { directory, stamp };
}

/** Oldest part first, so that lines of the same instant stay in the order they were written. */
export function filesOf(run: RunLogs): readonly string[] {
  if (!existsSync(run.directory)) return [];
  return namesOf(run, readdirSync(run.directory))
    .map((name) => join(run.directory, name))
    .sort((a, b) => partOf(a) - partOf(b) || (a < b ? -1 : 1));
}

/**
 * A launcher gives its processes one stamp. Under systemd each has its own, the time of its latest start: then what a
 * run is without are the newest files of the other processes.
 */
export function namesOf({ stamp }: Pick<RunLogs, "stamp">, names: readonly string[]): readonly string[] {
  const files = names.flatMap((name) => {
    const [, of, source] = bySource.exec(name) ?? [];
    return of === undefined || source === undefined ? [] : [{ name, stamp: of, source }];
  });
  const own = files.filter((file) => file.stamp === stamp);
  const sources = new Set(own.map(({ source }) => source));
  if (own.length === 0 || (sources.has("gateway") && sources.has("supervisor")))
    return own.map(({ name }) => name);
  const others = files.filter(({ source }) => !sources.has(source));
  const newest = new Map<string, string>();
  for (const file of others)
    if (file.stamp > (newest.get(file.source) ?? "")) newest.set(file.source, file.stamp);
  return [...own, ...others.filter((file) => newest.get(file.source) === file.stamp)].map(({ name }) => name);
}

/** `log_<stamp>_<LEVEL>_<process>[.part].log` */
const bySource = /^log_(\d{8}_\d{6})_[A-Z]+_([a-z]+(?:-\d+)?)(?:\.\d+)?\.log$/;

function partOf(path: string): number {
  return Number(/\.(\d+)\.log$/.exec(path)?.[1] ?? 0);
}

/** The last `count` lines that `read` makes something of, oldest first; reads no more of the file than it must. */
export function lastLines<T>(
  path: string,
  count: number,
  read: (line: string) => T | undefined,
): readonly T[] {
  const descriptor = openSync(path, "r");
  try {
    const found: T[] = [];
    let position = fstatSync(descriptor).size;
    let open: Buffer = Buffer.alloc(0);
    while (position > 0 && found.length < count) {
      const length = Math.min(limits.cliLogChunkBytes, position);
      position -= length;
      const bytes = Buffer.concat([readAt(descriptor, position, length), open]);
      // What stands before the first line end may continue in the chunk before this one.
      const start = position === 0 ? 0 : bytes.indexOf(10) + 1;
      open = start === 0 && position > 0 ? bytes : bytes.subarray(0, start);
      if (open === bytes) continue;
      takeFromEnd(bytes.subarray(start), found, count, read);
    }
    return found.reverse();
  } finally {
    closeSync(descriptor);
  }
}

function takeFromEnd<T>(
  bytes: Buffer,
  found: T[],
  count: number,
  read: (line: string) => T | undefined,
): void {
  for (const line of bytes.toString("utf8").split("\n").reverse()) {
    if (found.length >= count) return;
    const value = line === "" ? undefined : read(line);
    if (value !== undefined) found.push(value);
  }
}

/** Gives the lines that were added since the last time it was asked. */
export class GrowingFile {
  readonly path: string;
  #position: number;
  #rest = "";

  /** @param position where to begin; the end of the file when it was shown already */
  constructor(path: string, position: number) {
    this.path = path;
    this.#position = position;
  }

  static atEnd(path: string): GrowingFile {
    return new GrowingFile(path, statSync(path).size);
  }

  newLines(): readonly string[] {
    if (!existsSync(this.path)) return [];
    const descriptor = openSync(this.path, "r");
    try {
      const { size } = fstatSync(descriptor);
      if (size < this.#position) this.#position = 0;
      if (size === this.#position) return [];
      const bytes = readAt(
        descriptor,
        this.#position,
        Math.min(size - this.#position, limits.logFileBytesMax),
      );
      // Lines are written whole, but a read may fall between two writes of one: the rest waits.
      const end = bytes.lastIndexOf(10) + 1;
      this.#position += end;
      const lines = (this.#rest + bytes.subarray(0, end).toString("utf8")).split("\n");
      this.#rest = lines.pop() ?? "";
      return lines;
    } finally {
      closeSync(descriptor);
    }
  }
}

function readAt(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position));
}
