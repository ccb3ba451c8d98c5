/** What a gateway is told of a backend that is ready, for tests that need one without a supervisor. */
import type { BackendState } from "@mcp-gateway/contract";

export function backendState(fields: Partial<BackendState> & { readonly name: string }): BackendState {
  return {
    index: 1,
    order: 0,
    transport: "stdio",
    local: true,
    isolation: "shared",
    phase: "ready",
    note: "",
    epoch: 1,
    pid: 12,
    since: 1,
    nextTryAt: null,
    restarts: 0,
    callTimeoutMs: 1_000,
    fault: null,
    initializeResult: null,
    ...fields,
  };
}
