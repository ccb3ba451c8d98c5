/** A script in a file of its own, for an interpreter that takes it no other way; gone when its call is over. */
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomHex } from "./call-tag.ts";

export interface ScriptFile {
  readonly path: string;
  [Symbol.dispose](): void;
}

/** @param extension with its dot */
export function scriptFile(extension: string, content: string | Uint8Array): ScriptFile {
  const path = join(tmpdir(), `mcp-gateway-${randomHex(12)}${extension}`);
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
