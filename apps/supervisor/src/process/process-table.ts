/** The processes of this machine, with the tag in their environment. */
import { readdirSync, readFileSync } from "node:fs";
import { limits } from "@mcp-gateway/kit";
import { tagVariable } from "./tag.ts";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Distinguishes two processes that had the same number; empty where it is unknown. */
  readonly startedAt: string;
  /** The value of the tag variable; empty without one. */
  readonly tag: string;
}

/** Entries read before the event loop gets a turn. */
const entriesPerTurn = 200;

let running: Promise<readonly ProcessEntry[]> | undefined;
let next: Promise<readonly ProcessEntry[]> | undefined;

/**
 * Every living process that this user may look at, zombies left out. Many stops at once share one look: a
 * caller gets a table whose reading began after the call, never an older one.
 */
export function listProcesses(): Promise<readonly ProcessEntry[]> {
  if (running === undefined) return begin();
  next ??= running.then(begin);
  return next;
}

function begin(): Promise<readonly ProcessEntry[]> {
  next = undefined;
  const reading = read()
    // Without a table there is still the group to kill, and a stop must not fail for want of more.
    .catch((): readonly ProcessEntry[] => [])
    .finally(() => {
      if (running === reading) running = undefined;
    });
  running = reading;
  return reading;
}

async function read(): Promise<readonly ProcessEntry[]> {
  if (process.platform === "linux") return readProc();
  return process.platform === "win32" ? [] : await readPs();
}

async function readProc(): Promise<readonly ProcessEntry[]> {
  const entries: ProcessEntry[] = [];
  let count = 0;
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const entry = readProcEntry(pid);
    if (entry !== undefined) entries.push(entry);
    count += 1;
    if (count % entriesPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return entries;
}

function readProcEntry(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the name in parentheses, which may itself hold spaces and parentheses.
    const [state, parent, group, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === undefined || "ZX".includes(state)) return undefined;
    return {
      pid,
      parent: Number(parent),
      group: Number(group),
      startedAt: rest[16] ?? "",
      tag: readTag(pid),
    };
  } catch {
    return undefined; // It ended while it was looked at.
  }
}

function readTag(pid: number): string {
  try {
    return tagIn(readFileSync(`/proc/${pid}/environ`), 0);
  } catch {
    return ""; // Another user's process: not one of ours.
  }
}

const marker = Buffer.from(`${tagVariable}=`);

function tagIn(environment: Buffer, separator: number): string {
  for (let at = environment.indexOf(marker); at !== -1; at = environment.indexOf(marker, at + 1)) {
    if (at > 0 && environment[at - 1] !== separator) continue;
    const end = environment.indexOf(separator, at);
    return environment.toString("latin1", at + marker.length, end === -1 ? environment.length : end);
  }
  return "";
}

/** `ps` prints the environment behind the command, for the user's own processes. */
async function readPs(): Promise<readonly ProcessEntry[]> {
  const ps = Bun.spawn(["/bin/ps", "eww", "-axo", "pid=,ppid=,pgid=,stat=,command="], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    timeout: limits.processToolTimeoutMs,
    killSignal: "SIGKILL",
  });
  return parsePs(await new Response(ps.stdout).text());
}

export function parsePs(text: string): readonly ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
    if (match === null || match[4]?.startsWith("Z") === true) continue;
    const [pid, parent, group] = [Number(match[1]), Number(match[2]), Number(match[3])];
    entries.push({ pid, parent, group, startedAt: "", tag: tagIn(Buffer.from(match[5] ?? ""), 0x20) });
  }
  return entries;
}

/** `pid` and everything that descends from it. */
export function treeOf(pid: number, entries: readonly ProcessEntry[]): readonly ProcessEntry[] {
  const children = new Map<number, ProcessEntry[]>();
  for (const entry of entries) {
    const siblings = children.get(entry.parent);
    if (siblings === undefined) children.set(entry.parent, [entry]);
    else siblings.push(entry);
  }
  const tree = entries.filter((entry) => entry.pid === pid);
  for (let at = 0; at < tree.length; at++) tree.push(...(children.get(tree[at]?.pid ?? -1) ?? []));
  return tree;
}
