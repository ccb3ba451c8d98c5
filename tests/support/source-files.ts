/** The files of the tree as text, for the tests that read them. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { repositoryDirectory } from "./repository.ts";

export interface SourceFile {
  /** From the top of the tree, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Made by tools or at run time; not ours to judge. */
const skippedDirectories = new Set([
  "node_modules",
  "venv",
  "cargo",
  ".git",
  "coverage",
  ".playwright-mcp",
  "results",
]);

const textExtensions = new Set([
  "",
  ".ts",
  ".json",
  ".jsonc",
  ".md",
  ".toml",
  ".yaml",
  ".yml",
  ".lock",
  ".sh",
  ".html",
  ".css",
  ".service",
  ".txt",
  ".plist",
]);

/** All text files below these folders (or the whole tree). */
export function sourceFiles(...folders: readonly string[]): SourceFile[] {
  const roots =
    folders.length === 0 ? [repositoryDirectory] : folders.map((folder) => join(repositoryDirectory, folder));
  return roots.filter((root) => existsSync(root)).flatMap((root) => [...walk(root)]);
}

export function typeScriptFiles(...folders: readonly string[]): SourceFile[] {
  return sourceFiles(...folders).filter(({ path }) => path.endsWith(".ts"));
}

function* walk(directory: string): Generator<SourceFile> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      // Only the log folder itself is made at run time; sources may have a folder of that name.
      const isMade = skippedDirectories.has(entry.name) || path === join(repositoryDirectory, "logs");
      if (!isMade) yield* walk(path);
    } else if (
      entry.isFile() &&
      // In a second work tree it is a file that says where the first one is.
      entry.name !== ".git" &&
      textExtensions.has(extname(entry.name)) &&
      statSync(path).size < 1024 * 1024
    ) {
      const text = readFileSync(path, "utf8");
      yield {
        path: relative(repositoryDirectory, path).replaceAll("\\", "/"),
        text,
        lines: text.split("\n"),
      };
    }
  }
}

/** `path:line: text` of each line of these files that matches. */
export function linesMatching(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}
