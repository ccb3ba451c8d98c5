/** Faults and warnings of one file: gathered with their places, shown in the file's order, bounded. */
import { relative } from "node:path";
import { limits } from "@mcp-gateway/kit";
import type { ConfigFault } from "./types.ts";

/** Where a value stands: keys and list positions from the top of the file. */
export type KeyPath = readonly (string | number)[];

/** Turns an offset in the text into line and column, both from 1; columns are UTF-16 units, as editors count. */
export class LineMap {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (const match of text.matchAll(/\r\n|\n|\r/g)) this.#starts.push(match.index + match[0].length);
  }

  positionOf(offset: number): { readonly line: number; readonly column: number } {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}

interface Entry {
  readonly offset: number;
  readonly path: KeyPath;
  readonly message: string;
}

export class Faults {
  readonly #file: string;
  readonly #lines: LineMap;
  readonly #faults: Entry[] = [];
  readonly #warnings: Entry[] = [];

  constructor(file: string, lines: LineMap) {
    this.#file = file;
    this.#lines = lines;
  }

  get count(): number {
    return this.#faults.length;
  }

  fault(offset: number, path: KeyPath, message: string): void {
    this.#faults.push({ offset, path, message });
  }

  warn(offset: number, path: KeyPath, message: string): void {
    this.#warnings.push({ offset, path, message });
  }

  /** "line 3, column 5", for messages that name a second place. */
  placeOf(offset: number): string {
    const { line, column } = this.#lines.positionOf(offset);
    return `line ${line}, column ${column}`;
  }

  faults(): readonly ConfigFault[] {
    return this.#inOrder(this.#faults, "faults");
  }

  warnings(): readonly ConfigFault[] {
    return this.#inOrder(this.#warnings, "warnings");
  }

  #inOrder(entries: readonly Entry[], noun: string): readonly ConfigFault[] {
    const sorted = [...entries].sort((a, b) => a.offset - b.offset);
    const shown =
      sorted.length <= limits.configFaultsMax ? sorted : sorted.slice(0, limits.configFaultsMax - 1);
    const list = shown.map(({ offset, path, message }) => ({
      file: this.#file,
      ...this.#lines.positionOf(offset),
      path: formatPath(path),
      message,
    }));
    if (shown.length < sorted.length) {
      list.push({
        ...fileFault(this.#file, `has ${sorted.length - shown.length} more ${noun}, which are not shown.`),
      });
    }
    return list;
  }
}

/** A fault of the file as a whole, such as one that can't be read: line and column are 0. */
export function fileFault(file: string, message: string): ConfigFault {
  return { file, line: 0, column: 0, path: "", message };
}

/** `mcpServers.playwright.args[1]`; keys that are no plain words stand in brackets and quotes. */
export function formatPath(path: KeyPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[\p{L}\p{N}_$-]+$/u.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/**
 * One line for people: `config.json:12:7 mcpServers.playwright.args[1]: must be a string; …`.
 * The file is shown relative to `base` when it lies below it, so that terminals can open it by a click.
 */
export function formatFault(fault: ConfigFault, base: string = process.cwd()): string {
  const short = relative(base, fault.file);
  const file = short === "" || short.startsWith("..") ? fault.file : short;
  const position = fault.line === 0 ? "" : `:${fault.line}:${fault.column}`;
  const path = fault.path === "" ? "" : ` ${fault.path}`;
  return `${file}${position}${path}: ${fault.message}`;
}
