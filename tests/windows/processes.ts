/** What runs in Wine, as Linux sees it. */
import { readdirSync, readFileSync } from "node:fs";

/** @returns numbers of Linux of the processes in whose command line all of this stands */
export function processesWith(...parts: readonly string[]): number[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/u.test(pid))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\\", "/");
        return parts.every((part) => command.includes(part.replaceAll("\\", "/")));
      } catch {
        return false; // Gone meanwhile.
      }
    })
    .map(Number);
}

/** Members of the family that has this in its command line. */
export function sleepers(mark: string): number[] {
  return processesWith("sleeper.ts", mark);
}
