/**
 * How many requests may be open at once. Out of file descriptors Bun 1.4.5 spins and accepts nobody, probes and the
 * operator included; so requests are refused while there are still some left to accept them with.
 */
import { readFileSync } from "node:fs";
import { limits } from "@mcp-gateway/kit";

/** Infinite where the system does not say how many descriptors there are. */
export function connectionsMax(): number {
  const descriptors = descriptorsIn(readLimits());
  return descriptors === undefined
    ? Number.POSITIVE_INFINITY
    : Math.floor(descriptors * limits.descriptorShareMax);
}

function readLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return ""; // Not Linux.
  }
}

/** The soft limit, which Bun has raised to the hard one. Undefined: unlimited, or not told. */
export function descriptorsIn(text: string): number | undefined {
  const found = /^Max open files +(\d+) /m.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
