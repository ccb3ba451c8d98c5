/** What is counted about calls: plain numbers in typed arrays, so that counting costs next to nothing. */

/** Upper bounds in milliseconds; the last bucket has none. */
export const latencyBucketsMs = [
  1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000,
] as const;

/** `error`: the backend or the gateway said no · `cancelled`: the client asked for it, so it is no error. */
export type CallOutcome = "ok" | "error" | "timeout" | "cancelled";
export const callOutcomes: readonly CallOutcome[] = ["ok", "error", "timeout", "cancelled"];

export interface CallCounts {
  /** Finished calls, and those of them that failed. */
  readonly calls: number;
  readonly errors: number;
  readonly inFlight: number;
}

const outcomeIndex: Readonly<Record<CallOutcome, number>> = { ok: 0, error: 1, timeout: 2, cancelled: 3 };

/** One backend's numbers. */
export class BackendMetrics {
  readonly outcomes = new Float64Array(callOutcomes.length);
  /** Not cumulative; made so when rendered. */
  readonly buckets = new Float64Array(latencyBucketsMs.length + 1);
  #inFlight = 0;
  #durationMsSum = 0;

  get inFlight(): number {
    return this.#inFlight;
  }

  get durationMsSum(): number {
    return this.#durationMsSum;
  }

  started(): void {
    this.#inFlight += 1;
  }

  ended(durationMs: number, outcome: CallOutcome): void {
    // A second end of the same call must not make the gauge negative for ever.
    if (this.#inFlight > 0) this.#inFlight -= 1;
    // A clock that gives no sensible number must not spoil the sum for ever.
    const ms = durationMs > 0 && durationMs < Number.POSITIVE_INFINITY ? durationMs : 0;
    increment(this.outcomes, outcomeIndex[outcome]);
    this.#durationMsSum += ms;
    let bucket = 0;
    while (bucket < latencyBucketsMs.length && ms > (latencyBucketsMs[bucket] ?? 0)) bucket += 1;
    increment(this.buckets, bucket);
  }

  counts(): CallCounts {
    const [ok = 0, error = 0, timeout = 0, cancelled = 0] = this.outcomes;
    return { calls: ok + error + timeout + cancelled, errors: error + timeout, inFlight: this.#inFlight };
  }
}

function increment(numbers: Float64Array, index: number): void {
  numbers[index] = (numbers[index] ?? 0) + 1;
}

/**
 * By name, not by index: a name means the same server after the supervisor was restarted, an index does not.
 * A hot path keeps what `backend()` returns and spares itself the look-up.
 */
export class Metrics {
  readonly #backends = new Map<string, BackendMetrics>();

  backend(name: string): BackendMetrics {
    let metrics = this.#backends.get(name);
    if (metrics === undefined) {
      metrics = new BackendMetrics();
      this.#backends.set(name, metrics);
    }
    return metrics;
  }

  callStarted(name: string): void {
    this.backend(name).started();
  }

  callEnded(name: string, durationMs: number, outcome: CallOutcome): void {
    this.backend(name).ended(durationMs, outcome);
  }

  /** Without making anything, so that asking about a name does not grow the table. */
  counts(name: string): CallCounts {
    return this.#backends.get(name)?.counts() ?? { calls: 0, errors: 0, inFlight: 0 };
  }

  /** The server left the configuration. */
  forget(name: string): void {
    this.#backends.delete(name);
  }

  all(): Iterable<readonly [string, BackendMetrics]> {
    return this.#backends;
  }
}
