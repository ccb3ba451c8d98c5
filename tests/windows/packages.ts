/** bun.exe and the grammar of PowerShell, from the lock file, into the cache: bun.exe has 115 MB. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow } from "../support/run-program.ts";
import { say } from "../support/say.ts";
import { cacheFolder } from "./wine-root.ts";

const lock = readFileSync(join(import.meta.dir, "bun.lock"), "utf8");
/** A folder for each lock file, so that runs of different versions do not meet. */
export const packagesFolder = join(cacheFolder, `packages-${Bun.hash(lock).toString(36)}`);
const bunOfWindows = "node_modules/@oven/bun-windows-x64-baseline/bin/bun.exe";
/** As Wine sees it. */
export const bunInWine = `Z:\\packages\\${bunOfWindows.replaceAll("/", "\\")}`;

export async function ensurePackages(): Promise<void> {
  if (existsSync(packagesFolder)) return;
  say("installing bun.exe and the grammar");
  const draft = `${packagesFolder}.${process.pid}.draft`;
  try {
    mkdirSync(draft, { recursive: true, mode: 0o700 });
    for (const name of ["package.json", "bun.lock"])
      copyFileSync(join(import.meta.dir, name), join(draft, name));
    const install = ["install", "--frozen-lockfile", "--ignore-scripts", "--os=win32", "--cpu=x64"];
    await runOrThrow([process.execPath, ...install], { cwd: draft, timeoutMs: 300_000 });
    renameSync(draft, packagesFolder);
  } catch (error) {
    // Another run may have been faster.
    if (!existsSync(packagesFolder)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** The stand-in for powershell.exe, a program of Windows compiled here. */
export async function placeStandIn(folder: string): Promise<void> {
  const source = join(import.meta.dir, "stand-in/powershell.ts");
  const runtime = `--compile-executable-path=${join(packagesFolder, bunOfWindows)}`;
  const target = ["--target=bun-windows-x64-baseline", runtime];
  const out = join(folder, "powershell.exe");
  await runOrThrow([process.execPath, "build", "--compile", ...target, source, "--outfile", out]);
}
