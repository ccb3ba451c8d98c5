/** The user's cache folder that all targets of a run share, as all programs of one user do. */
import { type TemporaryDirectory, temporaryDirectory } from "./temporary-directory.ts";

let folder: TemporaryDirectory | undefined;

export function sharedCache(): string {
  folder ??= temporaryDirectory("mcp-bench-cache-");
  return folder.path;
}

/** For who does not end with the run, such as a test: `bun test` ends without an event of its process. */
export function removeSharedCache(): void {
  folder?.remove();
  folder = undefined;
}
