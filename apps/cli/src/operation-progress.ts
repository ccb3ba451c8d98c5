/** Is an operation done? Judged from the server's row before and now. Pure. */
import type { ServerOperation } from "./api/admin-client.ts";
import type { ServerRow } from "./view/status-model.ts";

export type Progress =
  | { readonly kind: "ready"; readonly tools: number | undefined }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly stage: string; readonly message: string; readonly remedy: string }
  | { readonly kind: "pending"; readonly state: string };

export function judgeProgress(
  operation: ServerOperation,
  before: ServerRow | undefined,
  now: ServerRow | undefined,
  askedAt: number,
): Progress {
  if (now === undefined) return { kind: "pending", state: "unknown" };
  if (operation === "stop")
    return now.state === "stopped" ? { kind: "stopped" } : { kind: "pending", state: now.state };
  // The row may still show how it was before it was asked.
  const isOld = before !== undefined && now.state === before.state && now.since === before.since;
  if (now.state === "ready" && (!isOld || operation === "start"))
    return { kind: "ready", tools: now.counts?.tools };
  const isNewFault = now.fault !== null && (now.fault.at >= askedAt || now.fault.at !== before?.fault?.at);
  if (isNewFault && now.fault !== null && now.state !== "ready") {
    const { stage, message, remedy } = now.fault;
    return { kind: "failed", stage, message, remedy };
  }
  return { kind: "pending", state: now.state };
}
