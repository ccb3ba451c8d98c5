/** Which PowerShell runs the scripts, or what to do when there is none. */
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { system32 } from "../windows-paths.ts";

export type FoundPowerShell =
  | { readonly isFound: true; readonly path: string }
  | { readonly isFound: false; readonly sentences: readonly string[] };

/** What `--powershell` may say, besides the path of a program. */
export const powerShellChoices = ["auto", "core", "windows"] as const;

export const installPowerShell =
  "Install PowerShell 7 (Windows: winget install Microsoft.PowerShell; macOS: brew install powershell; Linux: see https://aka.ms/powershell), or name the program with `--powershell PATH` in the `args` of this server's entry in config.json.";

/** Looked for at each call, so that installing it helps without a restart. */
export function findPowerShell(
  choice: string,
  platform: NodeJS.Platform = process.platform,
  exists: (path: string) => boolean = existsSync,
  which: (name: string) => string | null = Bun.which,
): FoundPowerShell {
  if (!powerShellChoices.some((known) => known === choice)) return findNamed(choice, exists, which);
  const places = [
    ...(choice === "windows" ? [] : [which("pwsh"), ...corePlaces(platform)]),
    ...(choice === "core" || platform !== "win32" ? [] : [windowsPowerShell()]),
  ];
  const path = places.find((place) => place !== null && exists(place));
  if (path !== undefined && path !== null) return { isFound: true, path };
  const what = choice === "windows" ? "Windows PowerShell" : "PowerShell";
  const looked = places.filter((place) => place !== null);
  return {
    isFound: false,
    sentences: [
      `${what} was not found. ${looked.length === 0 ? "It exists on Windows only." : `Looked for in PATH, and as ${looked.join(", ")}.`}`,
      installPowerShell,
    ],
  };
}

function findNamed(
  name: string,
  exists: (path: string) => boolean,
  which: (name: string) => string | null,
): FoundPowerShell {
  const path = isAbsolute(name) ? name : which(name);
  if (path !== null && exists(path)) return { isFound: true, path };
  return {
    isFound: false,
    sentences: [`\`--powershell ${name}\` names a program that is not there.`, installPowerShell],
  };
}

function windowsPowerShell(): string {
  return system32("WindowsPowerShell", "v1.0", "powershell.exe");
}

/** Where PowerShell's own installers put it. */
function corePlaces(platform: NodeJS.Platform): string[] {
  if (platform === "win32")
    return [join(process.env["ProgramFiles"] ?? "C:\\Program Files", "PowerShell", "7", "pwsh.exe")];
  return [
    "/usr/bin/pwsh",
    "/usr/local/bin/pwsh",
    "/opt/homebrew/bin/pwsh",
    "/opt/microsoft/powershell/7/pwsh",
    "/snap/bin/pwsh",
  ];
}

/**
 * The environment that a PowerShell inherits. A PowerShell 7 above this server has put the folders of its own modules
 * into PSModulePath, with which Windows PowerShell can't load even its own; without the variable it finds them by itself.
 */
export function inheritedBy(
  path: string,
  own: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string | undefined>> {
  if (!/(?:^|[\\/])powershell\.exe$/iu.test(path)) return own;
  return Object.fromEntries(Object.entries(own).filter(([name]) => name.toUpperCase() !== "PSMODULEPATH"));
}
