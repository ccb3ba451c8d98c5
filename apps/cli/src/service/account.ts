/** The user that a service of the system runs as: there is one, and it can read what it must. */
import { mkdirSync, type Stats, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { CliError } from "../cli-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { isInHome } from "./confinement.ts";
import type { ServicePlan } from "./service-plan.ts";
import { runOrExplain, runTool } from "./systemd.ts";
import { accountFile } from "./units.ts";

export interface FileToWrite {
  readonly path: string;
  readonly text: string;
}

export function writeOpen({ path, text }: FileToWrite): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o644 });
}

export function accountPath(name: string): string {
  return `/etc/sysusers.d/${name}.conf`;
}

/** None where the user is there already. */
export function accountFiles(plan: ServicePlan): readonly FileToWrite[] {
  const account = accountFile(plan);
  return account === undefined ? [] : [{ path: accountPath(plan.name), text: account.text }];
}

/** @throws CliError when there is no such user, or what it must read is closed to it */
export async function ensureAccount(plan: ServicePlan): Promise<void> {
  const { account, name } = plan;
  if (account === undefined) return;
  for (const file of accountFiles(plan)) {
    writeOpen(file);
    await runOrExplain("systemd-sysusers", runTool(["systemd-sysusers", accountPath(name)]));
  }
  const [user, groups] = await Promise.all([
    runTool(["id", "-u", account.user]),
    runTool(["id", "-G", account.user]),
  ]);
  if (user.exitCode !== 0)
    throw new CliError(`There is no user ${account.user} on this machine.`, exitCodes.failed, [
      `Name one that is there with --run-as, or make it: useradd --system ${account.user}`,
    ]);
  const reader: Reader = { uid: Number(user.stdout), groups: groups.stdout.trim().split(" ").map(Number) };
  const closed = firstClosed(plan, reader);
  // An access list may open what the mode does not.
  if (closed === undefined || (await canRead(account.user, closed))) return;
  throw new CliError(
    `The service runs as the user ${account.user}, and ${closed} is closed to that user.`,
    exitCodes.failed,
    [
      `Open it to that user: chgrp ${account.user} ${closed} && chmod g+rX ${closed}`,
      "Or keep program and configuration where everybody can read them (/opt/mcp-gateway).",
      "Or run it as a user that can read them: --run-as <user>",
    ],
  );
}

export interface Reader {
  readonly uid: number;
  readonly groups: readonly number[];
}

const [mayRead, mayEnter] = [0o4, 0o1];

/** Most reasons of a failed start, told before it. */
function firstClosed(
  { installDirectory, configPath, runtime, account }: ServicePlan,
  reader: Reader,
): string | undefined {
  // Folders of hidden homes are shown by themselves, past those above them.
  const isPast = account?.isOwn === true ? isInHome : () => false;
  const folders = [installDirectory, dirname(configPath)].flatMap((folder) => foldersOf(folder, isPast));
  return (
    folders.find((folder) => !isOpen(statSync(folder), reader, mayEnter)) ??
    [configPath, runtime].find((path) => !isOpen(statSync(path), reader, mayRead))
  );
}

/** The folder and those above it. */
function foldersOf(path: string, isPast: (path: string) => boolean): readonly string[] {
  const above = dirname(path);
  return above === path || isPast(path) ? [path] : [path, ...foldersOf(above, isPast)];
}

async function canRead(user: string, path: string): Promise<boolean> {
  const script = 'test -r "$1" && { test ! -d "$1" || test -x "$1"; }';
  const { exitCode } = await runTool(["runuser", "-u", user, "--", "sh", "-c", script, "can-read", path]);
  return exitCode === 0;
}

/** By the mode, as the system goes by it. */
export function isOpen(
  { mode, uid, gid }: Pick<Stats, "mode" | "uid" | "gid">,
  reader: Reader,
  bit: number,
): boolean {
  if (reader.uid === 0) return true;
  const shift = uid === reader.uid ? 6 : reader.groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & bit) !== 0;
}
