/** Signals that may come too late. */

/** @returns false when there is no such process (any more) or it is not ours to signal */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // Ended meanwhile, which is what was wanted; or another user's, which the next look counts.
  }
}
