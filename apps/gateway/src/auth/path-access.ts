/** Which addresses a client's token stands in front of. */

/**
 * Everything, but for the few that are listed: a router may take more spellings of an address than a list of
 * what to protect would have (`/mcp/` for `/mcp`), and one that is missing here is refused instead of let in.
 */
export function needsClientToken(path: string): boolean {
  return !(openPaths.has(path) || path.startsWith("/api/v1/"));
}

/** Probes are open to all; the others and `/api/v1/` ask for the token that fits them, in `AdminAnswers`. */
const openPaths: ReadonlySet<string> = new Set(["/health", "/ready", "/metrics"]);
