/**
 * Notices when a program that started us has gone. `npx` passes no SIGTERM on: it dies, and what it started
 * would live on with nobody to end it. A process whose parent dies gets another parent, so the chain of
 * parents changes at that moment.
 */
import { readFileSync } from "node:fs";
import { limits } from "@mcp-gateway/kit/limits";

export interface ProcessTable {
  /** The parent of a process; undefined when it is unknown. */
  parentOf(pid: number): number | undefined;
  /** The command line of a process; empty when it is unknown. */
  commandOf(pid: number): string;
}

/**
 * The processes whose end is ours too, nearest first: `bun run`, and under npm or npx all up to it. Empty when
 * we were started by hand or by a service manager. A shell counts only between a script runner and npm:
 * elsewhere it may well end before us on purpose (`sh -c "bun run start &"`).
 */
export function watchedAncestors(
  environment: NodeJS.ProcessEnv,
  pid: number,
  table: ProcessTable,
): readonly number[] {
  if (environment["npm_lifecycle_event"] === undefined) return [];
  const chain: number[] = [];
  let runners = 0;
  for (
    let at = table.parentOf(pid);
    at !== undefined && at > 1 && chain.length < limits.ancestorsMax;
    at = table.parentOf(at)
  ) {
    const role = roleOf(table.commandOf(at));
    if (role === "other") break;
    chain.push(at);
    if (role === "npm") return chain;
    if (role === "runner" && runners === chain.length - 1) runners += 1;
  }
  return chain.slice(0, runners);
}

/** npm and npx write what they run over their own command line: `npm exec bun@1.4.5 run start`. */
function roleOf(command: string): "npm" | "runner" | "shell" | "other" {
  if (/^(npm|npx)\b/.test(command) || /[\\/](npm|npx)(-cli)?\.js(\s|$)/.test(command)) return "npm";
  if (/^(\S*[\\/])?bun(\.exe)?\s(.*\s)?(run|run-script|start|gateway)(\s|$)/.test(command)) return "runner";
  return /^(\S*[\\/])?\w*sh -c\s/.test(command) ? "shell" : "other";
}

/** True while each process of the chain is still the parent of the one before it. */
export function isChainIntact(chain: readonly number[], pid: number, table: ProcessTable): boolean {
  let child = pid;
  for (const ancestor of chain) {
    if (table.parentOf(child) !== ancestor) return false;
    child = ancestor;
  }
  return true;
}

/** Calls back once when an ancestor has gone; the returned function ends the watch. */
export function watchAncestors(onGone: () => void, environment: NodeJS.ProcessEnv = process.env): () => void {
  if (process.platform === "win32") return () => {};
  const table = process.platform === "linux" ? procTable : psTable;
  const chain = watchedAncestors(environment, process.pid, table);
  if (chain.length === 0) return () => {};
  const timer = setInterval(() => {
    if (isChainIntact(chain, process.pid, table)) return;
    clearInterval(timer);
    onGone();
  }, limits.ancestorsCheckEveryMs);
  return () => clearInterval(timer);
}

const procTable: ProcessTable = {
  parentOf(pid) {
    const stat = read(`/proc/${pid}/stat`);
    // The name in parentheses may hold anything, parentheses too; the fields follow the last one.
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return Number.isInteger(parent) ? parent : undefined;
  },
  commandOf: (pid) => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim(),
};

const psTable: ProcessTable = {
  parentOf(pid) {
    const parent = Number.parseInt(ps(pid, "ppid="), 10);
    return Number.isInteger(parent) ? parent : undefined;
  },
  commandOf: (pid) => ps(pid, "command="),
};

function ps(pid: number, field: string): string {
  try {
    const { stdout } = Bun.spawnSync(["ps", "-o", field, "-p", String(pid)], {
      stderr: "ignore",
      timeout: limits.ancestorsCheckEveryMs,
    });
    return stdout.toString().trim();
  } catch {
    return ""; // There is no `ps`.
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // The process has gone.
  }
}
