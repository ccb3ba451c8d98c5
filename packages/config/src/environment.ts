/** The environment that a server's program gets. */
import { posix, win32 } from "node:path";
import type { ServerConfig } from "./types.ts";

/** The gateway's own variables, its tokens among them, are no server's business. */
const ownPrefix = "MCP_GATEWAY_";
/** But this is where compiled code is kept, that of the built-in servers too; it says nothing of the gateway. */
const cacheVariable = "MCP_GATEWAY_CACHE_DIR";
/** Set for our processes by whoever starts them, whatever it was before: a server in Bun has Bun's own bound. */
const setForUs: ReadonlySet<string> = new Set(["BUN_CONFIG_MAX_HTTP_REQUESTS"]);

/** What a program needs to find its home and its tools, and nothing that is likely to be a secret. */
const safeVariables: readonly string[] = ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"];
const safeVariablesWindows: readonly string[] = [
  "APPDATA",
  "HOMEDRIVE",
  "HOMEPATH",
  "LOCALAPPDATA",
  "PATH",
  "PATHEXT",
  "COMSPEC",
  "PROCESSOR_ARCHITECTURE",
  "PROGRAMFILES",
  "SYSTEMDRIVE",
  "SYSTEMROOT",
  "TEMP",
  "TMP",
  "USERNAME",
  "USERPROFILE",
];

/**
 * @param inherited the environment of the process that starts the program
 * @param runtimePath this runtime's executable: its folder ends PATH, so that `bun` is found where only
 *   `npx bun` exists, and a `bun` that the user installed still comes first
 */
export function childEnvironment(
  server: Pick<ServerConfig, "env" | "inheritEnv">,
  inherited: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
  runtimePath: string = process.execPath,
): Record<string, string> {
  const windows = platform === "win32";
  // Windows variables ignore case: `Path` and `PATH` are one, and a program must not get both.
  const nameKey = (name: string) => (windows ? name.toUpperCase() : name);
  const safe = new Set(windows ? safeVariablesWindows : safeVariables);
  const variables = new Map<string, readonly [name: string, value: string]>();
  for (const [name, value] of Object.entries(inherited)) {
    const key = nameKey(name);
    if (value === undefined || setForUs.has(key)) continue;
    if (key.startsWith(ownPrefix) && key !== cacheVariable) continue;
    const isSafe = key === cacheVariable || (safe.has(key) && !isShellFunction(value));
    if (server.inheritEnv || isSafe) variables.set(key, [name, value]);
  }
  for (const [name, value] of Object.entries(server.env)) variables.set(nameKey(name), [name, value]);

  const [pathName, path] = variables.get("PATH") ?? ["PATH", ""];
  const separator = windows ? ";" : ":";
  const folder = (windows ? win32 : posix).dirname(runtimePath);
  const folders = path.split(separator).filter((part) => part !== "");
  if (!folders.includes(folder))
    variables.set("PATH", [pathName, [path, folder].filter((part) => part !== "").join(separator)]);
  return Object.fromEntries(variables.values());
}

/** Bash exports functions as variables; passing them on has been a way to run code (Shellshock). */
function isShellFunction(value: string): boolean {
  return value.startsWith("()");
}
