/** For servers that make sense on one system only. */

const systemNames: Readonly<Record<string, string>> = {
  darwin: "macOS",
  freebsd: "FreeBSD",
  linux: "Linux",
  win32: "Windows",
};

/** @returns what is wrong with running a server for Windows here; undefined on Windows */
export function windowsOnlyFault(
  server: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  if (platform === "win32") return undefined;
  return [
    `${server} server: needs Windows, and this is ${systemNames[platform] ?? platform}.`,
    `In config.json write "platforms": ["windows"] into its entry; the gateway then skips it here.`,
  ].join("\n");
}
