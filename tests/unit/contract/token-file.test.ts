import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ensureTokenFile } from "@mcp-gateway/contract";
import { tempDir } from "../../support/temp-dir.ts";

test("a token is made once, is long, and only its owner can read it", () => {
  using directory = tempDir("token");
  const folder = join(directory.path, "state");
  const path = join(folder, "token");
  const token = ensureTokenFile(folder, path);
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(ensureTokenFile(folder, path)).toBe(token);
  expect(readFileSync(path, "utf8").trim()).toBe(token);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("a folder that others can enter is refused with what to do", () => {
  using directory = tempDir("token");
  const folder = join(directory.path, "open");
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  expect(() => ensureTokenFile(folder, join(folder, "token"))).toThrow("chmod 700");
});
