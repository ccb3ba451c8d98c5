/** Waiting that has an end. */

/** Resolves with the event, or when the time is over, whichever comes first. */
export async function within(timeMs: number, event: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeMs);
  await Promise.race([promise, event]);
  clearTimeout(timer);
}
