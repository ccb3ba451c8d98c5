/** The rings between supervisor and gateway that a process has mapped, as the system sees them (Linux). */
import { readFileSync } from "node:fs";
import { ringMemoryName } from "@mcp-gateway/contract";

/** @returns of each ring what is resident, in KB */
export function mappedRings(pid: number): readonly number[] {
  const maps = readFileSync(`/proc/${pid}/smaps`, "utf8").split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  return maps
    .filter((map) => map.includes(`/memfd:${ringMemoryName}`))
    .map((map) => Number(/^Rss: +(\d+) kB$/m.exec(map)?.[1]));
}
