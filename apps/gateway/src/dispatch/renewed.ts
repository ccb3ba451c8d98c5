/** A connection that is made anew at once, as its server forgot the session: what surely did not run goes there. */
import type { BackendState } from "@mcp-gateway/contract";
import { type JsonRpcErrorObject, limits } from "@mcp-gateway/kit";
import type { Session } from "../sessions/session.ts";
import type { DispatchContext } from "./context.ts";

export function surelyNotRun({ data }: JsonRpcErrorObject): boolean {
  return typeof data === "object" && data !== null && "reason" in data && data.reason === "backend-renewing";
}

/** A connection that is new, and the server as it is then. */
interface Renewed {
  readonly backend: BackendState;
  readonly instance: number;
}

/** @param old the connection that is gone or about to go. @returns undefined: there is no new one soon */
export async function renewed(
  context: DispatchContext,
  session: Session,
  old: Renewed,
): Promise<Renewed | undefined> {
  const { clock, mirror, instances } = context;
  const { name, epoch } = old.backend;
  const untilMs = clock.nowMs() + limits.sessionLostRetryMs;
  for (;;) {
    const backend = mirror.byName(name);
    if (backend === undefined || !isComing(backend) || clock.nowMs() > untilMs) return undefined;
    const isReady = backend.phase === "ready";
    if (old.instance === 0 && isReady && backend.epoch !== epoch) return { backend, instance: 0 };
    // A session's own is made at its next use, once the loss of the old one was told.
    if (old.instance !== 0 && isReady && instances.openOf(session, backend) !== old.instance)
      return { backend, instance: await instances.open(session, backend) };
    await new Promise<void>((resolve) => void clock.after(limits.initializePollMs, resolve));
  }
}

/** Right after the loss it still looks ready; then it is on its way. One that waits for its next try is not. */
function isComing({ phase, since, nextTryAt }: BackendState): boolean {
  if (phase === "backing-off") return nextTryAt !== null && nextTryAt - since < limits.restartDelayMsMin / 2;
  return phase === "ready" || phase === "starting" || phase === "connecting";
}
