/** The processes of this machine, with the tag in their environment. */
import { limits } from "@mcp-gateway/kit";
import { type ProcessEntry, readProcTable, tagIn } from "@mcp-gateway/kit/proc-table";
import { tagVariable } from "./tag.ts";

export type { ProcessEntry } from "@mcp-gateway/kit/proc-table";

const marker = Buffer.from(`${tagVariable}=`);
const space = 0x20;

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
  if (process.platform === "linux") return readProcTable(tagVariable);
  return process.platform === "win32" ? [] : await readPs();
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
    entries.push({
      pid,
      parent,
      group,
      startedAt: "",
      tag: tagIn(Buffer.from(match[5] ?? ""), marker, space),
    });
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
