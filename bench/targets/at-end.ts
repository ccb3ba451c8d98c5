/** What must be done when the run ends before its time: Ctrl-C leaves no process and no folder behind. */
const tasks = new Set<() => void>();
let isArmed = false;

/** @returns what to call when the task has been done in good order */
export function atEnd(task: () => void): () => void {
  if (!isArmed) arm();
  tasks.add(task);
  return () => tasks.delete(task);
}

function arm(): void {
  isArmed = true;
  process.on("exit", () => {
    for (const task of [...tasks].reverse()) {
      try {
        task();
      } catch {
        // A folder that a dying process still writes to; the other tasks must be done all the same.
      }
    }
  });
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    process.once(signal, () => process.exit(code));
}
