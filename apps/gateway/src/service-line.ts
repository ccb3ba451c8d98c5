/** What `systemctl status` shows of the gateway. Pure. */
import type { StatusReport } from "@mcp-gateway/contract";

/** What is off on purpose is not waited for. */
const off: ReadonlySet<string> = new Set(["disabled", "skipped", "stopped"]);

export function serviceLine({
  address,
  supervisor,
  servers,
  sessions,
}: Pick<StatusReport, "address" | "supervisor" | "servers" | "sessions">): string {
  const wanted = servers.filter(({ state }) => !off.has(state));
  const ready = wanted.filter(({ state }) => state === "ready").length;
  const behind = supervisor.connected
    ? `${ready} of ${wanted.length} servers ready`
    : "waiting for the supervisor";
  const count = sessions.streamable + sessions.sse;
  return `${address}: ${behind}, ${count} ${count === 1 ? "session" : "sessions"}`;
}
