/** Between whom tasks of the tasks extension (2026-07-28) are relayed. Pure. */
import type { BackendState } from "@mcp-gateway/contract";
import { declaresExtension, Extension } from "@mcp-gateway/mcp";
import { capabilitiesOf } from "../catalogue/refresh.ts";
import type { Session } from "../sessions/session.ts";

/** Whether tasks of this server are relayed: it has them, and they outlive the connection of one request. */
export function relaysTasks({ era, transport, isolation, initializeResult }: BackendState): boolean {
  if (era !== "stateless" || initializeResult === null) return false;
  if (transport === "stdio" && isolation === "session") return false;
  return declaresExtension(capabilitiesOf(initializeResult), Extension.tasks);
}

/** Whether this client can be given a task. */
export function takesTasks({ front, capabilities }: Session): boolean {
  return front === "stateless" && declaresExtension(capabilities, Extension.tasks);
}
