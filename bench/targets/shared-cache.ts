/** The user's cache folder that all targets of a run share, as all programs of one user do. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atEnd } from "./at-end.ts";

let folder: string | undefined;

export function sharedCache(): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), "mcp-bench-cache-"));
    atEnd(() => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}
