/** A script in a file of its own, for an interpreter that takes it no other way; gone when its call is over. */
import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ScriptFile {
  readonly path: string;
  [Symbol.dispose](): void;
}

/** @param extension with its dot */
export function scriptFile(extension: string, content: string): ScriptFile {
  const path = join(tmpdir(), `mcp-gateway-${randomBytes(12).toString("hex")}${extension}`);
  // `wx`: a file or link of that name, put there by somebody else, is never written through.
  writeFileSync(path, content, { mode: 0o600, flag: "wx" });
  return {
    path,
    [Symbol.dispose]: () => {
      try {
        rmSync(path, { force: true, maxRetries: 2 });
      } catch {
        // Windows refuses while a program that could not be ended still holds it; it holds nothing but its script.
      }
    },
  };
}
