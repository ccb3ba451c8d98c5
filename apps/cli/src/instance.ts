/** Which gateway a command is about: the one of a configuration file, or the one at an address. */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { installDirectory } from "@mcp-gateway/kit/install-directory";
import { type CommandHints, commandHints } from "./invocation.ts";

/** Options of every command that talks to a gateway. */
export const targetArgs = {
  config: {
    type: "string",
    valueHint: "file",
    description: "The gateway's configuration file (default: ./config.json, else the installed one)",
  },
  url: { type: "string", valueHint: "address", description: "Talk to the gateway at this address instead" },
  token: {
    type: "string",
    valueHint: "token",
    description: "Its admin token (default: read from its private file)",
  },
} as const;

/** The one server that a command is about. */
export const serverArg = {
  server: {
    type: "positional",
    required: true,
    valueHint: "server",
    description: "Name of the server in the configuration",
  },
} as const;

/** Absolute. `./config.json` when there is one, else the one beside this program. */
export function configPathFor(option: string | undefined, directory: string = process.cwd()): string {
  if (option !== undefined) return resolve(directory, option);
  const here = join(directory, "config.json");
  return existsSync(here) && statSync(here).isFile() ? here : join(installDirectory, "config.json");
}

/** How this very program would be called again. */
export function hintsFor(configPath: string | undefined): CommandHints {
  const script = process.argv[1] ?? "";
  return commandHints(configPath, {
    environment: process.env,
    script,
    directory: process.cwd(),
    installDirectory,
  });
}
