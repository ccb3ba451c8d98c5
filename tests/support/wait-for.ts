/** Waiting for conditions, never for time: polls until a value comes or the deadline passes. */

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
  /** What is waited for, said when it does not come. */
  readonly what?: string;
  /** More facts for the error, asked for only when it fails. */
  readonly explain?: () => string | Promise<string>;
}

/**
 * Resolves with the first value of `probe` that is neither false, null nor undefined.
 * A probe that throws counts as "not yet"; its last error is told when time runs out.
 */
export async function waitFor<T>(
  probe: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const { timeoutMs = 10_000, everyMs = 20, what = "a condition" } = options;
  const deadlineAtMs = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await probe();
      // The three values are excluded by the comparison, which the checker can't carry over to a generic type.
      if (value !== false && value !== null && value !== undefined)
        return value as Exclude<T, false | null | undefined>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadlineAtMs) break;
    await Bun.sleep(everyMs);
  }
  const cause = lastError === undefined ? "" : `\nlast error: ${String(lastError)}`;
  const more = options.explain === undefined ? "" : `\n${await options.explain()}`;
  throw new Error(`waited ${timeoutMs} ms in vain for ${what}${cause}${more}`);
}

/** The promise's value, or an error naming `what` when it takes longer. */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
