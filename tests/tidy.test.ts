/** House rules as tests: what a reviewer would otherwise have to look for by hand. */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { errorCatalogue, limits } from "@mcp-gateway/kit";
import { generatedPages } from "../docs/generate.ts";
import { repositoryDirectory } from "./support/repository.ts";
import { linesMatching, type SourceFile, sourceFiles, typeScriptFiles } from "./support/source-files.ts";

const lineCountMax = 300;
/** One entry a row: long, but nothing to get lost in. */
const tables = ["packages/kit/src/error-catalogue.ts", "packages/kit/src/limits.ts"];
const product = typeScriptFiles("apps", "packages", "servers");
const testCode = typeScriptFiles("tests", "bench");
const everything = sourceFiles();

/** Which packages of this repository each folder may import. */
const layers: readonly (readonly [folder: RegExp, mayImport: readonly string[]])[] = [
  [/^packages\/kit\//u, []],
  [/^packages\/mcp\//u, ["kit"]],
  [/^packages\/(?:contract|config)\//u, ["kit", "mcp"]],
  [/^apps\//u, ["kit", "mcp", "contract", "config"]],
  [/^servers\//u, ["kit", "shell-core"]],
];

function importsOf({ text }: SourceFile): string[] {
  return Array.from(
    text.matchAll(/(?:^|[\s;}])(?:from|import)\s*\(?\s*"([^"]+)"/gmu),
    ([, target]) => target ?? "",
  );
}

describe("size and shape", () => {
  test(`no file is longer than ${lineCountMax} lines`, () => {
    expect(
      product
        .filter(({ path, lines }) => lines.length > lineCountMax && !tables.includes(path))
        .map(({ path, lines }) => `${path}: ${lines.length}`),
    ).toEqual([]);
  });

  test("every file is named in kebab-case, and not for a grab bag", () => {
    const named = [...product, ...testCode].map(({ path }) => path);
    expect(
      named.filter(
        (path) =>
          !/^(?:[a-z0-9-]+\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.property)?(?:\.(?:test|d))?\.ts$/u.test(path),
      ),
    ).toEqual([]);
    expect(
      named.filter((path) => /(?:^|[/-])(?:utils?|helpers?|manager|misc|common)(?:-|\.|\/)/u.test(path)),
    ).toEqual([]);
  });

  test("every file but a package's index says what it is for", () => {
    const silent = product.filter(
      ({ path, lines }) =>
        !path.endsWith("/index.ts") && !lines.slice(0, 60).some((line) => /^\s*(?:\/\*\*|\/\/)/u.test(line)),
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });
});

describe("imports", () => {
  test("packages import only the layers below them", () => {
    const wrong = product.flatMap((file) => {
      const allowed = layers.find(([folder]) => folder.test(file.path))?.[1] ?? [];
      return importsOf(file)
        .map((target) => /^@mcp-gateway\/([^/]+)/u.exec(target)?.[1])
        .filter((name) => name !== undefined && !allowed.includes(name))
        .map((name) => `${file.path} imports ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  test("relative imports stay inside their package and name the file", () => {
    const wrong = product.flatMap((file) => {
      const own = file.path.split("/").slice(0, 2).join("/");
      return importsOf(file)
        .filter((target) => target.startsWith("."))
        .filter((target) => !/\.(?:ts|json|html|css)$/u.test(target) || !isOwn(own, file.path, target))
        .map((target) => `${file.path} imports ${target}`);
    });
    expect(wrong).toEqual([]);

    function isOwn(own: string, path: string, target: string): boolean {
      const resolved = normalize(join(dirname(path), target));
      return resolved.startsWith(`${own}/`) || resolved === "package.json";
    }
  });

  test("there are no import cycles", () => {
    const graph = new Map(product.map((file) => [file.path, valueImports(file)]));
    expect(cyclesOf(graph)).toEqual([]);
  });

  test("nothing is exported as default", () => {
    expect(linesMatching(product, /^export default\b/u)).toEqual([]);
  });
});

/** Imports that exist at run time; types alone make no cycle. */
function valueImports(file: SourceFile): string[] {
  const scanned = new Bun.Transpiler({ loader: "ts" }).scanImports(file.text);
  return scanned
    .filter(({ path }) => path.startsWith("."))
    .map(({ path }) => normalize(join(dirname(file.path), path)));
}

function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (node: string, trail: readonly string[]): void => {
    const at = trail.indexOf(node);
    if (at !== -1) cycles.push([...trail.slice(at), node].join(" → "));
    if (at !== -1 || done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...trail, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return cycles;
}

describe("code", () => {
  test("nothing writes to the console but the command line's own rendering", () => {
    const elsewhere = product.filter(({ path }) => !path.startsWith("apps/cli/src/view/"));
    expect(linesMatching(elsewhere, /(?<![#.\w])console\.\w+\(/u)).toEqual([]);
  });

  test("the type checker is not talked out of its job", () => {
    const code = [...product, ...testCode].filter(({ path }) => path !== "tests/tidy.test.ts");
    expect(linesMatching(code, /@ts-(?:ignore|nocheck|expect-error)/u)).toEqual([]);
    expect(linesMatching(code, /(?:\bas|[:<,|&])\s*any\b(?!["'`\w])(?=\s*[;,)>=\]|&[{]|\s*$)/u)).toEqual([]);
  });

  test("nothing is left for later", () => {
    expect(linesMatching(product, /\b(?:TODO|FIXME|XXX|HACK)\b|not (?:yet )?implemented/u)).toEqual([]);
  });

  test("every bound in limits.ts bounds something", () => {
    const users = product.filter(({ path }) => path !== "packages/kit/src/limits.ts").map(({ text }) => text);
    const all = users.join("\n");
    expect(Object.keys(limits).filter((name) => !new RegExp(`\\b${name}\\b`, "u").test(all))).toEqual([]);
  });

  test("every error of the catalogue can happen", () => {
    const users = product.filter(({ path }) => path !== "packages/kit/src/error-catalogue.ts");
    const all = users.map(({ text }) => text).join("\n");
    expect(Object.keys(errorCatalogue).filter((code) => !all.includes(`"${code}"`))).toEqual([]);
  });
});

describe("tests", () => {
  test("none is switched off or alone", () => {
    const others = testCode.filter(({ path }) => path !== "tests/tidy.test.ts");
    expect(linesMatching(others, /\b(?:test|it|describe)(?:\.\w+)*\.(?:only|skip|todo)\b/u)).toEqual([]);
  });
});

describe("documents and files", () => {
  test("pages made from the source are up to date", async () => {
    for (const [name, content] of generatedPages()) {
      expect(
        await Bun.file(join(repositoryDirectory, name)).text(),
        `${name}: run bun docs/generate.ts`,
      ).toBe(content);
    }
  });

  test("links between documents lead somewhere", () => {
    const broken = everything
      .filter(({ path }) => path.endsWith(".md"))
      .flatMap(({ path, text }) =>
        Array.from(
          text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/gu),
          ([, target]) => target ?? "",
        )
          .filter(
            (target) => !existsSync(join(repositoryDirectory, dirname(path), decodeURIComponent(target))),
          )
          .map((target) => `${path} → ${target}`),
      );
    expect(broken).toEqual([]);
  });

  test("no file knows a path of the machine it was written on", () => {
    // Put together here, so that this file does not hold what it looks for.
    const paths = [repositoryDirectory, ["", "work", "main"].join("/"), ["", "work", "shared"].join("/")];
    const found = everything.flatMap(({ path, text }) =>
      paths.filter((known) => text.includes(known)).map((known) => `${path}: ${known}`),
    );
    expect(found).toEqual([]);
  });

  test("no file names a package registry", () => {
    const registry = new RegExp(
      ["registry\\.(?:npmjs|yarnpkg|npmmirror)", "artifactory", "npm\\.pkg\\.github", "verdaccio"].join("|"),
      "iu",
    );
    expect(
      linesMatching(
        everything.filter(({ path }) => path !== "tests/tidy.test.ts"),
        registry,
      ),
    ).toEqual([]);
    expect(everything.filter(({ path }) => path.endsWith(".npmrc")).map(({ path }) => path)).toEqual([]);
  });

  test("lock files hold no address", () => {
    expect(
      linesMatching(
        everything.filter(({ path }) => path.endsWith("bun.lock")),
        /https?:\/\//u,
      ),
    ).toEqual([]);
  });
});
