/** How the person who reads our hints would call this program again. Pure. */
import { join } from "node:path";

export interface CommandHints {
  /** The command line for `words`, such as `restart bash`, about the same gateway. */
  of(words: string): string;
  /** The command line that starts it. */
  readonly start: string;
}

export interface Caller {
  readonly environment: NodeJS.ProcessEnv;
  /** The file that was run. */
  readonly script: string;
  readonly directory: string;
  readonly installDirectory: string;
}

/** @param configPath the gateway's configuration; undefined when it was named by an address */
export function commandHints(configPath: string | undefined, caller: Caller): CommandHints {
  const way = wayOf(caller);
  const isDefault = configPath === undefined || configPath === defaultConfigOf(way, caller);
  const option = isDefault ? "" : ` --config ${shellWord(configPath)}`;
  const base = {
    script: `${runnerOf(caller)} run gateway`,
    installed: "gateway",
    direct: `bun ${shellWord(join(caller.installDirectory, "apps/cli/bin/gateway"))}`,
  }[way];
  return {
    of: (words) => `${base} ${words}${option}`,
    start: way === "script" ? `${runnerOf(caller)} run start${option}` : `${base} up${option}`,
  };
}

/** A remedy of the error catalogue, in which a command stands as `gateway status`, with the command line for it. */
export function withCommands(remedy: string, hints: CommandHints): string {
  return remedy.replaceAll(/`gateway ([^`]+)`/g, (_, words: string) => hints.of(words));
}

/** `script`: by `bun run`, in the program's folder · `installed`: as `gateway` on PATH · `direct`: by its file. */
type Way = "script" | "installed" | "direct";

function wayOf({ environment, script, directory, installDirectory }: Caller): Way {
  if (/[\\/]gateway$/.test(script)) return "installed";
  const byScript =
    environment["npm_lifecycle_event"] === "gateway" || environment["npm_lifecycle_event"] === "start";
  return byScript || directory === installDirectory ? "script" : "direct";
}

/** Scripts run in the program's folder, whatever the folder they were called from. */
function defaultConfigOf(way: Way, { directory, installDirectory }: Caller): string {
  return join(way === "script" ? installDirectory : directory, "config.json");
}

/** A person who has only npm has no `bun` to type. npx keeps its packages in a folder of this name. */
function runnerOf({ environment }: Caller): string {
  return (environment["npm_execpath"] ?? "").includes("_npx") ? "npx bun@1.4.5" : "bun";
}

export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
