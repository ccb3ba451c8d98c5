/** The user's cache folder that all targets of a run share, as all programs of one user do. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atEnd } from "./at-end.ts";

let folder: { readonly path: string; readonly remove: () => void } | undefined;

export function sharedCache(): string {
  folder ??= make();
  return folder.path;
}

/** For who does not end with the run, such as a test: `bun test` ends without an event of its process. */
export function removeSharedCache(): void {
  folder?.remove();
  folder = undefined;
}

function make(): NonNullable<typeof folder> {
  const path = mkdtempSync(join(tmpdir(), "mcp-bench-cache-"));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  const done = atEnd(remove);
  return {
    path,
    remove: () => {
      remove();
      done();
    },
  };
}
