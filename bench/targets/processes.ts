/**
 * The processes of a target. Everything a target starts carries a mark: its own processes in their environment
 * (a daemon that left its parent is found all the same), its backends in their arguments (whatever environment they
 * are given). Memory and CPU are counted without the backends, which are the same for every target.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const markVariable = "MCP_BENCH_MARK";

/** The backend of each target, and its one place in the command line. */
export const backendScript = join(import.meta.dir, "../backend.ts");

export interface Memory {
  readonly rssBytes: number;
  /** Pages that processes share are divided among them. */
  readonly pssBytes: number;
}

export class Processes {
  readonly #mark: string;

  constructor(mark: string) {
    this.#mark = mark;
  }

  own(): readonly number[] {
    return allPids().filter(
      (pid) =>
        readText(`/proc/${pid}/environ`).includes(`${markVariable}=${this.#mark}\0`) && !this.#isBackend(pid),
    );
  }

  backends(): readonly number[] {
    return allPids().filter((pid) => this.#isBackend(pid));
  }

  /** The processes of one backend; some targets start one for each client. */
  backend(number: number): readonly number[] {
    return this.backends().filter((pid) => {
      const command = commandOf(pid);
      return command[command.indexOf("--number") + 1] === String(number);
    });
  }

  memory(): Memory {
    let rssBytes = 0;
    let pssBytes = 0;
    for (const pid of this.own()) {
      const rollup = readText(`/proc/${pid}/smaps_rollup`);
      rssBytes += kilobytes(rollup, "Rss");
      pssBytes += kilobytes(rollup, "Pss");
    }
    return { rssBytes, pssBytes };
  }

  /** User and system time so far, in milliseconds. */
  cpuMs(): number {
    return cpuMsOf(this.own());
  }

  /** Ends what a target left behind. */
  sweep(): void {
    for (const pid of [...this.own(), ...this.backends()]) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
  }

  #isBackend(pid: number): boolean {
    const command = commandOf(pid);
    // As "the backend direct" it is the target itself; a target that starts it names it further on.
    return command[1] === backendScript && command.includes(this.#mark) && !command.includes("--http");
  }
}

const tickMs = 10; // USER_HZ is 100 on every Linux that Bun runs on.

export function cpuMsOf(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = readText(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks * tickMs;
}

function kilobytes(rollup: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(rollup)?.[1] ?? 0) * 1024;
}

function commandOf(pid: number): readonly string[] {
  return readText(`/proc/${pid}/cmdline`).split("\0");
}

function allPids(): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // The process ended, or this is not Linux: nothing to add.
  }
}
