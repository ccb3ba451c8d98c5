/** For the last moment of a server whose end took too long: what no look has found yet must not outlive it. */
import { limits } from "@mcp-gateway/kit/limits";
import { readProcTableNow } from "@mcp-gateway/kit/proc-table";
import { isOfServer, tagVariable } from "./call-tag.ts";
import { withDescendants } from "./process-tree-posix.ts";
import { sendSignal } from "./send-signal.ts";

/** Kills everything that carries a tag of this server, and what descends from it; without waiting. */
export function killTaggedNow(server: string): void {
  // Elsewhere the table costs a program of its own, and there is no time for one.
  if (process.platform !== "linux") return;
  for (let look = 0; look < limits.shellLastLooksMax; look++) {
    const found = withDescendants(readProcTableNow(tagVariable), ({ tag }) => isOfServer(tag, server));
    if (found.length === 0) return;
    for (const { pid } of found) sendSignal(pid, "SIGKILL");
  }
}
