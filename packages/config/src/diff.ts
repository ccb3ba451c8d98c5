/** What a new configuration means for the servers that run: only these are touched. */
import type { ServerConfig } from "./types.ts";

export interface ServerDiff {
  readonly added: readonly ServerConfig[];
  /** As they were before. */
  readonly removed: readonly ServerConfig[];
  readonly changed: readonly { readonly before: ServerConfig; readonly after: ServerConfig }[];
  /** As they are now: `order` may differ. */
  readonly unchanged: readonly ServerConfig[];
  /** Those of `unchanged` that moved within the file, as they are now. */
  readonly reordered: readonly ServerConfig[];
}

export function diffServers(before: readonly ServerConfig[], after: readonly ServerConfig[]): ServerDiff {
  const old = new Map(before.map((server) => [server.name, server]));
  const names = new Set(after.map((server) => server.name));
  const added: ServerConfig[] = [];
  const changed: { before: ServerConfig; after: ServerConfig }[] = [];
  const unchanged: ServerConfig[] = [];
  const reordered: ServerConfig[] = [];
  for (const server of after) {
    const previous = old.get(server.name);
    if (previous === undefined) added.push(server);
    else if (!Bun.deepEquals({ ...previous, order: 0 }, { ...server, order: 0 }, true)) {
      changed.push({ before: previous, after: server });
    } else {
      unchanged.push(server);
      if (previous.order !== server.order) reordered.push(server);
    }
  }
  return {
    added,
    removed: before.filter((server) => !names.has(server.name)),
    changed,
    unchanged,
    reordered,
  };
}
