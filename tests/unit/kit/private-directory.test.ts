import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { instancePaths, isGatewayError, makePrivateDirectory, privateDirectoryFault } from "@mcp-gateway/kit";
import { tempDir } from "../../support/temp-dir.ts";

const other = 54_321;
const isRoot = process.getuid?.() === 0;

describe("a private folder", () => {
  test("is made with all above it for this user alone", () => {
    using directory = tempDir("private");
    const path = join(directory.path, "a", "b");
    makePrivateDirectory(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
    expect(privateDirectoryFault(path)).toBeUndefined();
  });

  test("is refused below one that everybody can write to, but not below one like /tmp", () => {
    using directory = tempDir("private");
    const open = join(directory.path, "open");
    const path = join(open, "run");
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(open, 0o777);
    expect(() => makePrivateDirectory(path)).toThrow(`${open} can be written to by everybody`);
    chmodSync(open, 0o1777);
    makePrivateDirectory(path);
    // Reached by a link, it is the same.
    chmodSync(open, 0o777);
    symlinkSync(open, join(directory.path, "link"));
    expect(() => makePrivateDirectory(join(directory.path, "link", "run"))).toThrow("by everybody");
  });

  test.skipIf(!isRoot)("is refused where another user owns it, or a folder or link above it", () => {
    using directory = tempDir("private");
    const [mine, theirs] = [join(directory.path, "mine"), join(directory.path, "theirs")];
    for (const folder of [mine, theirs]) mkdirSync(join(folder, "run"), { recursive: true, mode: 0o700 });
    chownSync(theirs, other, other);
    expect(privateDirectoryFault(join(mine, "run"))).toBeUndefined();
    expect(privateDirectoryFault(join(theirs, "run"))).toContain("who could exchange what is in it");
    symlinkSync(mine, join(theirs, "link"));
    expect(privateDirectoryFault(join(theirs, "link", "run"))).toContain("who could exchange");
    chownSync(join(mine, "run"), other, other);
    expect(privateDirectoryFault(join(mine, "run"))).toBe(`${mine}/run belongs to another user.`);
    // Root asks for what a service keeps to itself.
    expect(privateDirectoryFault(join(mine, "run"), other)).toBeUndefined();
  });

  test("that can't be made says why, and what to do", () => {
    using directory = tempDir("private");
    const file = join(directory.path, "file");
    Bun.spawnSync(["touch", file]);
    const thrown = (() => {
      try {
        makePrivateDirectory(join(file, "run"));
      } catch (error) {
        return error;
      }
    })();
    expect(isGatewayError(thrown) && [thrown.code, thrown.message]).toEqual([
      "folder-unusable",
      expect.stringMatching(/file\/run can't be made: ENOTDIR/),
    ]);
  });
});

test("an empty or relative folder of the environment counts as none", () => {
  const usual = instancePaths("/a.json", { HOME: process.env["HOME"] });
  for (const value of ["", "relative/path"]) {
    const paths = instancePaths("/a.json", {
      HOME: process.env["HOME"],
      XDG_STATE_HOME: value,
      XDG_RUNTIME_DIR: value,
    });
    expect(paths).toEqual(usual);
  }
});
