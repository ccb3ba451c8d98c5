/** At a server's start: shows that the policy can be kept, or says why not; a policy is never only pretended. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "@mcp-gateway/kit/errors";
import { limits } from "@mcp-gateway/kit/limits";
import { confinedArguments, confining, isConfined } from "./confinement.ts";
import { isWithin } from "./place.ts";
import type { ShellPolicy } from "./policy.ts";

/** @returns why the server must not start; undefined when all is well */
export function takeUpPolicy(policy: ShellPolicy): string | undefined {
  const [firstFolder] = policy.cwdWithin;
  // A call that names no folder begins in the server's own, which must be one that is allowed.
  if (firstFolder !== undefined && !policy.cwdWithin.some((folder) => isWithin(folder, process.cwd())))
    process.chdir(firstFolder);
  return isConfined(policy) ? confinementFault(policy) : undefined;
}

function confinementFault(policy: ShellPolicy): string | undefined {
  const options = [policy.user === undefined ? "" : "--user", policy.isReadOnly ? "--read-only" : ""]
    .filter((option) => option !== "")
    .join(" and ");
  if (process.platform !== "linux")
    return `${options} needs Linux. Elsewhere start the server itself as a user with fewer rights.`;
  const by = confining();
  if (by.setpriv === "" || (policy.isReadOnly && by.unshare === ""))
    return `${options} needs setpriv and unshare of util-linux, which were not found.`;
  if (policy.user !== undefined && !by.isRoot)
    return `--user needs a server that runs as root. Start the server itself as that user instead, for example with "command": "sudo", "args": ["-n", "-u", "${policy.user.name}", "bun", …].`;
  return probeFault(policy, options);
}

/** Does what commands will do, and looks whether the outcome is what was promised. */
function probeFault(policy: ShellPolicy, options: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "mcp-gateway-probe-"));
  try {
    // Whatever user the command runs as: if it can't write there, then not for want of the right to.
    chmodSync(folder, 0o777);
    const script = `id -ru; (: > "$0/written") 2>/dev/null && echo written || echo sealed`;
    const probe = Bun.spawnSync(
      [...confinedArguments(policy, ["/bin/sh", "-c", script, folder], confining())],
      { cwd: "/", stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: limits.shellPolicyProbeMs },
    );
    const [uid = "", written = ""] = probe.stdout.toString().split("\n");
    if (probe.exitCode !== 0 || written === "")
      return `${options} can't be kept here: ${probe.stderr.toString().trim() || `the check ended with ${probe.exitCode}`}`;
    if (policy.user !== undefined && Number(uid) !== policy.user.uid)
      return `${options} can't be kept here: a command runs as uid ${uid}.`;
    const isExempt = policy.writable.some((path) => isWithin(path, folder));
    if (policy.isReadOnly && !isExempt && written !== "sealed")
      return `${options} can't be kept here: a command could still write to ${folder}.`;
    return undefined;
  } catch (error) {
    return `${options} can't be kept here: ${messageOf(error)}`;
  } finally {
    removeIfPossible(folder);
  }
}

function removeIfPossible(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // An empty folder of the temporary ones; whether the policy is kept has been seen by now.
  }
}
