/** Where and on what a run was made. */
import { execFileSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";

export interface Machine {
  readonly commit: string;
  readonly processor: string;
  readonly memoryGB: number;
  readonly system: string;
  readonly bun: string;
  readonly node: string;
}

export function thisMachine(): Machine {
  const processors = cpus();
  return {
    commit: said("git", ["describe", "--always", "--dirty", "--exclude", "*"]),
    processor: `${processors.length} × ${processors[0]?.model ?? "unknown"}`,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `Linux ${release()}`,
    bun: Bun.version,
    node: said("node", ["--version"]),
  };
}

export function machineLine(machine: Machine): string {
  const { processor, memoryGB, system, bun, node, commit } = machine;
  return `${processor}, ${memoryGB} GB, ${system}, Bun ${bun}, Node ${node}, commit ${commit}`;
}

function said(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, [...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
}
