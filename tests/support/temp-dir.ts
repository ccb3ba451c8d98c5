/** A folder of a test's own, gone when the test ends. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TempDir {
  readonly path: string;
  [Symbol.dispose](): void;
}

/** Short, because Unix socket paths below it must fit into 107 bytes. MCP_GATEWAY_KEEP=1 leaves it for a look. */
export function tempDir(name = "t"): TempDir {
  const path = mkdtempSync(join(tmpdir(), `mgw-${name}-`));
  return {
    path,
    [Symbol.dispose]: () => {
      if (process.env["MCP_GATEWAY_KEEP"] === undefined)
        rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
