/** The process table from /proc. */
import { readdirSync, readFileSync } from "node:fs";
import { tagVariable } from "./call-tag.ts";
import type { ProcessEntry } from "./process-table.ts";

const marker = Buffer.from(`${tagVariable}=`);
/** Position of the start time in /proc/PID/stat, counted from the parent's number (proc(5), fields 4 and 22). */
const startTimeAt = 18;

export async function readProcTable(): Promise<readonly ProcessEntry[]> {
  const entries: ProcessEntry[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const entry = Number.isInteger(pid) ? readEntry(pid) : undefined;
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

function readEntry(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the name in parentheses, which may itself hold spaces and parentheses.
    const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    const startedAt = fields[startTimeAt] ?? "";
    return { pid, parent: Number(fields[0]), group: Number(fields[1]), startedAt, tag: readTag(pid) };
  } catch {
    return undefined; // It ended while it was looked at.
  }
}

function readTag(pid: number): string {
  try {
    return tagIn(readFileSync(`/proc/${pid}/environ`));
  } catch {
    return ""; // Another user's process, or one that ended: its group and its parent still tell.
  }
}

function tagIn(environment: Buffer): string {
  for (let at = environment.indexOf(marker); at !== -1; at = environment.indexOf(marker, at + 1)) {
    if (at > 0 && environment[at - 1] !== 0) continue;
    const end = environment.indexOf(0, at);
    return environment.toString("latin1", at + marker.length, end === -1 ? environment.length : end);
  }
  return "";
}
