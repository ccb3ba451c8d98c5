/** Where a run must begin when the shell has left the folders that the policy allows. */
import { readlinkSync, realpathSync } from "node:fs";
import { isWithin } from "@mcp-gateway/shell-core";

/** @returns undefined while the shell is in one of them, or when any folder will do */
export function wayBack(
  cwdWithin: readonly string[],
  shell: { readonly pid: number; readonly cwd: string },
  startCwd: string,
): string | undefined {
  if (cwdWithin.length === 0) return undefined;
  const real = realFolder(shell.pid, shell.cwd);
  return real !== undefined && cwdWithin.some((folder) => isWithin(folder, real)) ? undefined : startCwd;
}

/** What the kernel knows, where it tells; the shell's own word for it may be old or wrong. */
function realFolder(pid: number, cwd: string): string | undefined {
  try {
    return process.platform === "linux" ? readlinkSync(`/proc/${pid}/cwd`) : realpathSync(cwd);
  } catch {
    return undefined; // A folder that is not there any more is none of the allowed ones.
  }
}
