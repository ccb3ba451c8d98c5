/** Reads a server's options from its command line and, under names of their own, from its environment. */
import { parseArgs } from "node:util";

export interface NumberOption {
  readonly kind: "number";
  readonly byDefault: number;
  readonly min: number;
  readonly max: number;
}

export type OptionKind =
  | NumberOption
  /** May be given several times. */
  | { readonly kind: "list" }
  | { readonly kind: "text" }
  | { readonly kind: "flag" };

export type OptionTable = Readonly<Record<string, OptionKind>>;

export class OptionValues {
  readonly #table: OptionTable;
  readonly #given: ReadonlyMap<string, readonly string[]>;
  readonly #faults: string[] = [];

  private constructor(table: OptionTable, given: ReadonlyMap<string, readonly string[]>) {
    this.#table = table;
    this.#given = given;
  }

  /** @returns what is wrong with the command line, as a sentence, or the values */
  static read(
    table: OptionTable,
    args: readonly string[],
    environment: Readonly<Record<string, string | undefined>>,
  ): OptionValues | string {
    const fromArgs = parse(table, args);
    if (typeof fromArgs === "string") return fromArgs;
    const given = new Map(fromArgs);
    for (const [name, option] of Object.entries(table)) {
      const text = environment[variableOf(name)];
      if (text === undefined || text === "") continue;
      // A list grows from both sides; of anything else the command line's value counts.
      if (option.kind === "list") given.set(name, [...(given.get(name) ?? []), ...listIn(text)]);
      else if (!given.has(name)) given.set(name, [text]);
    }
    return new OptionValues(table, given);
  }

  get faults(): readonly string[] {
    return this.#faults;
  }

  fault(sentence: string): void {
    this.#faults.push(sentence);
  }

  isGiven(name: string): boolean {
    return this.#given.has(name);
  }

  number(name: string): number {
    const option = this.#table[name];
    if (option?.kind !== "number") throw new Error(`--${name} is no number`);
    const text = this.#given.get(name)?.at(-1);
    if (text === undefined) return option.byDefault;
    const value = /^\d{1,15}$/u.test(text) ? Number(text) : Number.NaN;
    if (value >= option.min && value <= option.max) return value;
    this.fault(
      `--${name} must be a whole number from ${option.min} to ${option.max}, ${JSON.stringify(text)} was given.`,
    );
    return option.byDefault;
  }

  list(name: string): readonly string[] {
    return this.#given.get(name) ?? [];
  }

  text(name: string): string | undefined {
    return this.#given.get(name)?.at(-1);
  }

  flag(name: string): boolean {
    const text = this.#given.get(name)?.at(-1);
    if (text === undefined || ["0", "false", "no"].includes(text)) return false;
    if (["", "1", "true", "yes"].includes(text)) return true;
    this.fault(`${variableOf(name)} must be 1 or 0, ${JSON.stringify(text)} was given.`);
    return true;
  }
}

/** `--cwd-within` is `MCP_SHELL_CWD_WITHIN` in the environment. */
export function variableOf(option: string): string {
  return `MCP_SHELL_${option.toUpperCase().replaceAll("-", "_")}`;
}

function listIn(text: string): string[] {
  return text
    .split(/[,\n]/u)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function parse(table: OptionTable, args: readonly string[]): ReadonlyMap<string, readonly string[]> | string {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { kind }]) => [
      name,
      kind === "flag" ? ({ type: "boolean" } as const) : ({ type: "string", multiple: true } as const),
    ]),
  );
  try {
    const { values } = parseArgs({ args: [...args], options });
    const given = new Map<string, readonly string[]>();
    for (const [name, value] of Object.entries(values))
      if (Array.isArray(value)) given.set(name, value.map(String));
      else if (value === true) given.set(name, [""]);
    return given;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
