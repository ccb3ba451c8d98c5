/** Waiting for something for so long and no longer, by a clock that tests can move. */
import type { Clock } from "@mcp-gateway/kit";

/** Whether the event came within the time. */
export async function cameWithin(clock: Clock, timeMs: number, event: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const cancel = clock.after(timeMs, () => resolve(false));
  const came = await Promise.race([promise, event.then(() => true)]);
  cancel();
  return came;
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
