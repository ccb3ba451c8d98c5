/** The processes of a Linux machine, read from /proc, each with the value of one variable of its environment. */
import { readdirSync, readFileSync } from "node:fs";
import { limits } from "./limits.ts";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Distinguishes two processes that had the same number; empty where it is unknown. */
  readonly startedAt: string;
  /** The value of the variable; empty without one. */
  readonly tag: string;
}

/** Entries read before the event loop gets a turn. */
const entriesPerTurn = 200;

/** Positions in /proc/PID/stat behind the state (proc(5): fields 9, 22 and 51). */
const flagsAt = 5;
const startedAt = 18;
const environmentEndAt = 47;
/** PF_KTHREAD of the kernel: it has no environment and never will. */
const isKernelThread = 0x0020_0000;

/** Every living process that this user may look at, zombies left out. */
export async function readProcTable(variable: string): Promise<readonly ProcessEntry[]> {
  const marker = Buffer.from(`${variable}=`);
  const entries: ProcessEntry[] = [];
  let starting: readonly number[] = [];
  const read = async (pids: readonly number[]): Promise<void> => {
    const early: number[] = [];
    for (const [at, pid] of pids.entries()) {
      const entry = readEntry(pid, marker);
      if (entry === "starting") early.push(pid);
      else if (entry !== undefined) entries.push(entry);
      if ((at + 1) % entriesPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    starting = early;
  };
  await read(pids());
  for (let look = 0; starting.length > 0 && look < limits.processStartLooksMax; look++) {
    await Bun.sleep(limits.processStartLookMs);
    await read(starting);
  }
  return entries;
}

/** The same without a pause, for the last moment of a process; one that was started this moment is left out. */
export function readProcTableNow(variable: string): readonly ProcessEntry[] {
  const marker = Buffer.from(`${variable}=`);
  return pids().flatMap((pid) => {
    const entry = readEntry(pid, marker);
    return entry === undefined || entry === "starting" ? [] : [entry];
  });
}

const isPid = /^\d+$/u;

function pids(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => isPid.test(name))
    .map(Number);
}

/**
 * A program has its environment only when the kernel has put it there, a moment after whoever started it goes
 * on: to take it for one without would be to overlook it.
 */
function readEntry(pid: number, marker: Buffer): ProcessEntry | "starting" | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the name in parentheses, which may itself hold spaces and parentheses.
    const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    const environment = readEnvironment(pid);
    if (environment?.length === 0 && mayBeStarting(fields)) return "starting";
    return {
      pid,
      parent: Number(fields[0]),
      group: Number(fields[1]),
      startedAt: fields[startedAt] ?? "",
      tag: environment === undefined ? "" : tagIn(environment, marker, 0),
    };
  } catch {
    return undefined; // It ended while it was looked at.
  }
}

function mayBeStarting(fields: readonly string[]): boolean {
  return (Number(fields[flagsAt]) & isKernelThread) === 0 && fields[environmentEndAt] === "0";
}

function readEnvironment(pid: number): Buffer | undefined {
  try {
    return readFileSync(`/proc/${pid}/environ`);
  } catch {
    return undefined; // Another user's process, or one that ended: its group and its parent still tell.
  }
}

/** @param separator what ends a variable */
export function tagIn(environment: Buffer, marker: Buffer, separator: number): string {
  for (let at = environment.indexOf(marker); at !== -1; at = environment.indexOf(marker, at + 1)) {
    if (at > 0 && environment[at - 1] !== separator) continue;
    const end = environment.indexOf(separator, at);
    return environment.toString("latin1", at + marker.length, end === -1 ? environment.length : end);
  }
  return "";
}
