/** `--help` as lines, from the commands' own definitions. Pure. */

import { displayWidth, padText } from "@mcp-gateway/kit/terminal-text";
import type { ArgDef, ArgsDef, CommandDef, CommandMeta } from "citty";
import type { Paint } from "../terminal.ts";
import { wrap } from "./wrap.ts";

export interface UsageContext {
  readonly width: number;
  readonly paint: Paint;
  /** How the reader calls this program. */
  readonly command: string;
}

type Entry = readonly [label: string, description: string];

/** @param path the names that lead to the command; empty for the root */
export async function usageLines(
  command: CommandDef,
  path: readonly string[],
  context: UsageContext,
): Promise<readonly string[]> {
  const { paint } = context;
  // Our definitions are plain values; only subcommands are loaded by functions.
  const meta = command.meta as CommandMeta | undefined;
  const args = (command.args ?? {}) as ArgsDef;
  const subCommands = await subCommandEntries(command);
  const positionals = Object.entries(args).filter(([, definition]) => definition.type === "positional");
  const words = [
    context.command,
    ...path,
    subCommands.length > 0 ? "<command>" : "",
    ...positionals.map(([name, definition]) => positionalLabel(name, definition)),
    "[options]",
  ];
  return [
    meta?.description ?? "",
    "",
    `${paint.dim("Usage:")} ${paint.bold(words.filter((word) => word !== "").join(" "))}`,
    ...section("Commands", subCommands, context),
    ...section(
      "Arguments",
      positionals.map(([name, definition]) => [
        positionalLabel(name, definition),
        definition.description ?? "",
      ]),
      context,
    ),
    ...section("Options", optionEntries(args, path.length === 0), context),
    ...(subCommands.length === 0
      ? []
      : ["", paint.dim(`${[context.command, ...path].join(" ")} <command> --help tells more about one.`)]),
  ];
}

async function subCommandEntries(command: CommandDef): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const [name, load] of Object.entries(
    (command.subCommands ?? {}) as Readonly<Record<string, unknown>>,
  )) {
    // Either the command itself or the function that loads it, as main.ts and commands/config.ts write them.
    const loaded = (typeof load === "function" ? await load() : load) as CommandDef;
    entries.push([name, (loaded.meta as CommandMeta | undefined)?.description ?? ""]);
  }
  return entries;
}

function optionEntries(args: ArgsDef, isRoot: boolean): readonly Entry[] {
  const own = Object.entries(args)
    .filter(([, definition]) => definition.type !== "positional")
    .map(([name, definition]): Entry => [optionLabel(name, definition), definition.description ?? ""]);
  return [
    ...own,
    ["-h, --help", "Show this help"],
    ...(isRoot ? [["-v, --version", "Print the version"] as const] : []),
  ];
}

function optionLabel(name: string, definition: ArgDef): string {
  const alias =
    "alias" in definition && typeof definition.alias === "string" ? `-${definition.alias}, ` : "    ";
  const value = definition.type === "boolean" ? "" : ` <${definition.valueHint ?? name}>`;
  return `${alias}--${name}${value}`;
}

function positionalLabel(name: string, definition: ArgDef): string {
  const label = definition.valueHint ?? name;
  return definition.required === false ? `[${label}]` : `<${label}>`;
}

function section(
  title: string,
  entries: readonly Entry[],
  { width, paint }: UsageContext,
): readonly string[] {
  if (entries.length === 0) return [];
  const labelWidth = Math.max(...entries.map(([label]) => displayWidth(label)));
  const room = Math.max(20, width - labelWidth - 4);
  return [
    "",
    paint.dim(`${title}:`),
    ...entries.flatMap(([label, description]) =>
      wrap(description, room).map((line, at) =>
        `  ${paint.cyan(padText(at === 0 ? label : "", labelWidth))}  ${line}`.trimEnd(),
      ),
    ),
  ];
}
