/** The root of the command line: finds the command, checks its arguments, runs it, says how it ended. */
import type { Bundles } from "@mcp-gateway/kit/prebuilt";
import { version } from "@mcp-gateway/kit/version";
import { type ArgsDef, type CommandDef, defineCommand, runCommand } from "citty";
import { CliError, UsageError } from "./cli-error.ts";
import { checkCommandLine } from "./command-line.ts";
import { exitCodes } from "./exit-codes.ts";
import { hintsFor } from "./instance.ts";
import { didYouMean } from "./nearest.ts";
import { ownBundles } from "./own-bundles.ts";

/** A command of ours: what citty needs, and whether it takes any number of arguments. */
export interface Command {
  readonly command: CommandDef;
  readonly takesMany?: boolean;
  /** Rewrites the arguments before they are checked. */
  readonly prepare?: (rawArgs: readonly string[]) => readonly string[];
}

/** Each command has its own argument types, and citty's type is invariant in them; the table knows only that they are some. */
function some<Arguments extends ArgsDef>(command: CommandDef<Arguments>): CommandDef {
  return command as unknown as CommandDef; // citty gives each command the arguments that its own definition names.
}

type Loader = () => Promise<Command>;

/** Loaded when asked for: the launcher must not carry what only `status` needs. */
const commands: Readonly<Record<string, Loader>> = {
  up: async () => ({ command: some((await import("./commands/up.ts")).up) }),
  status: async () => ({ command: some((await import("./commands/status.ts")).status) }),
  tools: async () => ({ command: some((await import("./commands/tools.ts")).tools) }),
  call: async () => {
    const { call, prepareCallArguments } = await import("./commands/call.ts");
    return { command: some(call), takesMany: true, prepare: prepareCallArguments };
  },
  logs: async () => ({ command: some((await import("./commands/logs.ts")).logs) }),
  restart: async () => ({ command: some((await import("./commands/operate.ts")).restart) }),
  start: async () => ({ command: some((await import("./commands/operate.ts")).start) }),
  stop: async () => ({ command: some((await import("./commands/operate.ts")).stop) }),
  login: async () => ({ command: some((await import("./commands/login.ts")).login) }),
  logout: async () => ({ command: some((await import("./commands/logout.ts")).logout) }),
  reload: async () => ({ command: some((await import("./commands/reload.ts")).reload) }),
  config: async () => ({ command: some((await import("./commands/config.ts")).config) }),
  service: async () => ({ command: some((await import("./commands/service.ts")).service) }),
};

const root = defineCommand({
  meta: { name: "gateway", version, description: "MCP Gateway: one address for all your MCP servers" },
  subCommands: Object.fromEntries(
    Object.entries(commands).map(([name, load]) => [name, () => load().then((loaded) => loaded.command)]),
  ),
});

/**
 * Runs the command line and ends the process with its exit code.
 * @param bundles of the set this program was started from
 */
export async function start(rawArgs: readonly string[], bundles?: Bundles): Promise<void> {
  ownBundles.set(bundles);
  process.exit(await runCommandLine(rawArgs));
}

/** @returns the exit code; everything there is to say was said */
export async function runCommandLine(rawArgs: readonly string[]): Promise<number> {
  process.exitCode = undefined;
  try {
    await dispatch(rawArgs);
    return typeof process.exitCode === "number" ? process.exitCode : exitCodes.ok;
  } catch (thrown) {
    return sayFailure(thrown, helpFor(rawArgs));
  }
}

async function dispatch(given: readonly string[]): Promise<void> {
  // `npm run gateway -- status` and some versions of Bun hand the separator on.
  const rawArgs = given[0] === "--" ? given.slice(1) : given;
  const [name = "--help", ...rest] = rawArgs;
  if (name === "--help" || name === "-h" || name === "help") return sayHelp(root, []);
  if (name === "--version" || name === "-v") {
    const { writeLines } = await import("./terminal.ts");
    return writeLines([version]);
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    const kind = name.startsWith("-") ? "option" : "command";
    throw new UsageError(
      `Unknown ${kind} ${name}.${didYouMean(name, [...Object.keys(commands), "--help", "--version"])}`,
    );
  }
  await runLoaded(await load(), rest[0] === "--" ? rest.slice(1) : rest, [name]);
}

async function runLoaded(loaded: Command, given: readonly string[], path: readonly string[]): Promise<void> {
  const { command } = loaded;
  const rawArgs = loaded.prepare?.(given) ?? given;
  // Our commands define both as plain values, not as promises or functions.
  const subCommands = command.subCommands as Readonly<Record<string, CommandDef>> | undefined;
  const named = subCommands === undefined ? undefined : rawArgs.find((argument) => !argument.startsWith("-"));
  if (subCommands !== undefined && named !== undefined) {
    const subCommand = Object.hasOwn(subCommands, named) ? subCommands[named] : undefined;
    if (subCommand === undefined) {
      throw new UsageError(`Unknown command ${named}.${didYouMean(named, Object.keys(subCommands))}`);
    }
    const others = rawArgs.filter((_, at) => at !== rawArgs.indexOf(named));
    return runLoaded({ command: subCommand }, others, [...path, named]);
  }
  if (rawArgs.some((argument) => argument === "--help" || argument === "-h") || subCommands !== undefined) {
    return sayHelp(command, path);
  }
  checkCommandLine(rawArgs, (command.args ?? {}) as ArgsDef, loaded.takesMany); // As above.
  await runCommand(command, { rawArgs: [...rawArgs] });
}

async function sayHelp(command: CommandDef, parents: readonly string[]): Promise<void> {
  const [{ paintFor, widthOf, writeLines }, { usageLines }] = await Promise.all([
    import("./terminal.ts"),
    import("./view/usage-view.ts"),
  ]);
  const context = {
    width: widthOf(process.stdout),
    paint: paintFor(process.stdout),
    command: hintsFor(undefined).of("").trim(),
  };
  await writeLines(await usageLines(command, parents, context));
}

/** The help that fits: of the command, when it is one. */
function helpFor(rawArgs: readonly string[]): string {
  const name = rawArgs.find((argument) => argument !== "--") ?? "";
  return hintsFor(undefined).of(Object.hasOwn(commands, name) ? `${name} --help` : "--help");
}

async function sayFailure(thrown: unknown, help: string): Promise<number> {
  const { paintFor, writeLines } = await import("./terminal.ts");
  const paint = paintFor(process.stderr);
  const { messageOf, isGatewayError } = await import("@mcp-gateway/kit");
  const hints =
    thrown instanceof CliError ? [...thrown.hints] : isGatewayError(thrown) ? [thrown.kind.remedy] : [];
  if (thrown instanceof UsageError && hints.length === 0) hints.push(`See: ${help}`);
  await writeLines(
    [`${paint.red("✖")} ${messageOf(thrown)}`, ...hints.map((hint) => `  ${paint.dim("→")} ${hint}`)],
    process.stderr,
  );
  return thrown instanceof CliError ? thrown.exitCode : exitCodes.failed;
}
