/** What `systemctl status` shows of the supervisor. Pure. */
import type { Snapshot } from "@mcp-gateway/contract";

/** What is off on purpose is not waited for. */
const off: ReadonlySet<string> = new Set(["disabled", "skipped", "stopped"]);

export function serviceLine({ backends, config }: Pick<Snapshot, "backends" | "config">): string {
  const wanted = backends.filter(({ phase }) => !off.has(phase));
  const ready = wanted.filter(({ phase }) => phase === "ready");
  const line = `${ready.length} of ${wanted.length} servers ready`;
  const faults = config.faults.length;
  return faults === 0
    ? line
    : `${line}; the file has ${faults === 1 ? "a fault" : `${faults} faults`}, the last good configuration is in use`;
}
