/**
 * When a backend that ended is started again. Pure: time and randomness are arguments.
 *
 * Delays double from `restartDelayMsMin` to `restartDelayMsMax`. A program that was started
 * `restartsInWindowMax` times within `restartWindowMs` has `failed`: from then on it gets one try every
 * `restartFailedEveryMs`, until it stays healthy or somebody asks for it. A remote address costs nothing to
 * ask again and is never given up. Whoever stays ready for `restartHealthyMs` begins anew. One whose server only
 * forgot the session is connected again at once, but not twice in a row. One that wants somebody to sign in is asked
 * again as rarely as one that was given up; who signed in has it started at once.
 */
import { backoffDelayMs, limits } from "@mcp-gateway/kit";

export interface RestartPolicy {
  readonly mode: "always" | "on-failure" | "never";
  /** True when the gateway starts a program. */
  readonly local: boolean;
}

export interface RestartHistory {
  /** Retries since it was last healthy. */
  readonly attempt: number;
  /** Monotonic times of the starts within the window. */
  readonly startsMs: readonly number[];
  /** It was given up, and only the slow retry tries it. */
  readonly gaveUp: boolean;
}

export const freshHistory: RestartHistory = { attempt: 0, startsMs: [], gaveUp: false };

export type RestartDecision =
  | { readonly kind: "retry"; readonly delayMs: number; readonly history: RestartHistory }
  | { readonly kind: "failed"; readonly delayMs: number; readonly history: RestartHistory }
  /** Its entry does not want it back. `clean`: it ended by itself, without an error. */
  | { readonly kind: "ended"; readonly clean: boolean };

const backoff = {
  minMs: limits.restartDelayMsMin,
  maxMs: limits.restartDelayMsMax,
  jitterRatio: limits.restartJitterRatio,
};

export function noteStart(history: RestartHistory, nowMs: number): RestartHistory {
  const inWindow = history.startsMs.filter((startMs) => nowMs - startMs < limits.restartWindowMs);
  return { ...history, startsMs: [...inWindow, nowMs].slice(-limits.restartsInWindowMax) };
}

/** How it ended. */
export interface Ending {
  /** The program exited with code 0. */
  readonly clean: boolean;
  /** The server answers, and only forgot the session. */
  readonly atOnce?: boolean;
  /** It waits for a person; until then it is asked rarely, in case that the server thinks better of it. */
  readonly forPerson?: boolean;
}

/** @param random in [0, 1) */
export function decideRestart(
  policy: RestartPolicy,
  history: RestartHistory,
  { clean, atOnce = false, forPerson = false }: Ending,
  nowMs: number,
  random: number,
): RestartDecision {
  if (policy.mode === "never" || (policy.mode === "on-failure" && clean)) return { kind: "ended", clean };
  if (forPerson) return { kind: "failed", delayMs: limits.restartFailedEveryMs, history };
  const starts = history.startsMs.filter((startMs) => nowMs - startMs < limits.restartWindowMs).length;
  if (policy.local && (history.gaveUp || starts >= limits.restartsInWindowMax)) {
    return { kind: "failed", delayMs: limits.restartFailedEveryMs, history: { ...history, gaveUp: true } };
  }
  const delayMs = atOnce && history.attempt === 0 ? 0 : backoffDelayMs(backoff, history.attempt, random);
  return { kind: "retry", delayMs, history: { ...history, attempt: history.attempt + 1 } };
}
