/** The process table from `ps`, where there is no /proc: it prints the environment behind the command. */
import { limits } from "@mcp-gateway/kit/limits";
import type { ProcessEntry } from "@mcp-gateway/kit/proc-table";
import { tagVariable } from "./call-tag.ts";

/** macOS shows the environment for `-E` (ps(1)); the others for the BSD option `e`. */
const options = process.platform === "darwin" ? "-axEww" : "axeww";

export async function readPsTable(): Promise<readonly ProcessEntry[]> {
  const ps = Bun.spawn(["/bin/ps", options, "-o", "pid=,ppid=,pgid=,stat=,command="], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    timeout: limits.processToolTimeoutMs,
    killSignal: "SIGKILL",
  });
  return parsePsTable(await new Response(ps.stdout).text());
}

const tagPattern = new RegExp(` ${tagVariable}=(\\S*)`, "u");

export function parsePsTable(text: string): readonly ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)(.*)$/su.exec(line);
    if (match === null || match[4]?.startsWith("Z") === true) continue;
    const [pid, parent, group] = [Number(match[1]), Number(match[2]), Number(match[3])];
    entries.push({ pid, parent, group, startedAt: "", tag: tagPattern.exec(match[5] ?? "")?.[1] ?? "" });
  }
  return entries;
}
