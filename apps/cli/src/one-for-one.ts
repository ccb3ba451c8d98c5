/**
 * What becomes of a process that ended: it alone is started again, after a delay that grows while it keeps
 * ending; when that happens too often, everything is given up. Pure: time and randomness are arguments.
 */
import { backoffDelayMs } from "@mcp-gateway/kit/backoff";
import { limits } from "@mcp-gateway/kit/limits";

/** `gateway-2` and so on are the further workers. */
export type ProcessName = "supervisor" | "gateway" | `gateway-${number}`;

export interface ProcessExit {
  readonly name: ProcessName;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** It was the first of its name in this run. */
  readonly isFirst: boolean;
}

/** Ends within the window, of all processes, oldest first. */
export type EndHistory = readonly { readonly name: ProcessName; readonly atMs: number }[];

export type Verdict =
  | { readonly kind: "restart"; readonly delayMs: number; readonly history: EndHistory }
  /** The first start failed for a reason that trying again would not change; it was told already. */
  | { readonly kind: "start-failed"; readonly exitCode: number }
  /** The configuration has faults, which the process left to the launcher to tell. */
  | { readonly kind: "config-faulty" }
  | { readonly kind: "give-up"; readonly ends: number };

/** Usage, address, already running. */
const startFailureCodes = [2, 3, 4];
/** Said by a process that has a launcher, so that two processes don't tell the same faults. */
const configFaultyCode = 5;

const backoff = {
  minMs: limits.processRestartDelayMsMin,
  maxMs: limits.processRestartDelayMsMax,
  jitterRatio: limits.restartJitterRatio,
};

/** @param processes how many run side by side */
export function judgeExit(
  history: EndHistory,
  exit: ProcessExit,
  nowMs: number,
  random: number,
  processes: number,
): Verdict {
  if (exit.isFirst && exit.exitCode !== null && startFailureCodes.includes(exit.exitCode)) {
    return { kind: "start-failed", exitCode: exit.exitCode };
  }
  if (exit.isFirst && exit.exitCode === configFaultyCode) return { kind: "config-faulty" };
  const recent = history.filter((end) => nowMs - end.atMs < limits.processRestartWindowMs);
  const next = [...recent, { name: exit.name, atMs: nowMs }];
  if (next.length > limits.restartsPerProcessMax * processes) return { kind: "give-up", ends: next.length };
  const earlier = recent.filter((end) => end.name === exit.name).length;
  return { kind: "restart", delayMs: backoffDelayMs(backoff, earlier, random), history: next };
}

/** `gateway ended by SIGKILL` */
export function describeExit(exit: Pick<ProcessExit, "name" | "exitCode" | "signal">): string {
  if (exit.signal !== null) return `${exit.name} ended by ${exit.signal}`;
  if (exit.exitCode === configFaultyCode)
    return `${exit.name} ended because the configuration has faults (see them with: config check)`;
  return exit.exitCode === 0
    ? `${exit.name} ended by itself`
    : `${exit.name} ended with code ${exit.exitCode ?? "unknown"}`;
}
