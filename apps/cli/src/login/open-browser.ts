/** Opens an address in the person's browser, if there is one here. The address is an argument, never part of a command line. */

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly environment: NodeJS.ProcessEnv;
  /** The path of a program, if there is one. */
  readonly which: (program: string) => string | null;
}

/** @returns undefined where nobody would see it: far away, or without a screen. Pure. */
export function browserCommand(
  url: string,
  { platform, environment, which }: Surroundings,
): readonly string[] | undefined {
  const has = (name: string): boolean => (environment[name] ?? "") !== "";
  if (has("SSH_CONNECTION") || has("SSH_TTY")) return undefined;
  if (platform === "win32") return ["rundll32.exe", "url.dll,FileProtocolHandler", url];
  if (platform === "darwin") return ["open", url];
  const isWsl = has("WSL_DISTRO_NAME");
  if (!isWsl && !has("DISPLAY") && !has("WAYLAND_DISPLAY")) return undefined;
  const program = (isWsl ? ["wslview", "xdg-open"] : ["xdg-open"]).map(which).find((path) => path !== null);
  return typeof program === "string" ? [program, url] : undefined;
}

/** @returns whether something was started */
export function openBrowser(url: string): boolean {
  const { platform, env } = process;
  const command = browserCommand(url, { platform, environment: env, which: (program) => Bun.which(program) });
  if (command === undefined) return false;
  try {
    // It may live as long as the browser; nobody waits for it.
    Bun.spawn([...command], { stdin: "ignore", stdout: "ignore", stderr: "ignore", detached: true }).unref();
    return true;
  } catch {
    return false; // The address was printed.
  }
}
