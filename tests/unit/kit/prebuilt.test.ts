/** Bundles: made once, found only while they are of the sources that are there, trusted only where nobody else writes. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { installDirectory } from "@mcp-gateway/kit";
import { type BundleSet, findBundles, loadProgram } from "@mcp-gateway/kit/prebuilt";
import { buildSet } from "../../../packages/kit/src/prebuilt/build.ts";
import { bundleDirectory, manifestPath } from "../../../packages/kit/src/prebuilt/bundle-cache.ts";
import { tempDir } from "../../support/temp-dir.ts";

let folder: ReturnType<typeof tempDir>;
let source = "";
let imported = "";
let set: BundleSet;
let environment: Record<string, string> = {};
let directory = "";

beforeEach(() => {
  folder = tempDir("prebuilt");
  source = join(folder.path, "hello.ts");
  imported = join(folder.path, "word.ts");
  writeFileSync(imported, 'export const word: string = "one";\n');
  writeFileSync(
    source,
    'import { word } from "./word.ts";\nexport async function start(args: string[]) { args.push(word); }\n',
  );
  set = { name: "hello", programs: { hello: relative(installDirectory, source) } };
  environment = { MCP_GATEWAY_CACHE_DIR: join(folder.path, "cache") };
  directory = bundleDirectory(environment) ?? "";
});
afterEach(() => folder[Symbol.dispose]());

/** Sources of this tick of the file system's clock can't be told from sources changed during the build. */
async function tick(): Promise<void> {
  const newestMs = Math.max(statSync(source).ctimeMs, statSync(imported).ctimeMs);
  const probe = join(folder.path, "probe");
  for (;;) {
    writeFileSync(probe, "");
    if (statSync(probe).ctimeMs > newestMs) return;
    await Bun.sleep(1);
  }
}

async function build(): Promise<boolean> {
  await tick();
  return buildSet(set, directory);
}

async function wordOfBundle(): Promise<string | undefined> {
  const start = await loadProgram(findBundles(set, environment), "hello");
  const said: string[] = [];
  await start?.(said);
  return said[0];
}

describe("a bundle", () => {
  test("is found once it was built, and runs", async () => {
    expect(findBundles(set, environment)).toBeUndefined();
    expect(await build()).toBe(true);
    expect(await wordOfBundle()).toBe("one");
    const files = readdirSync(join(findBundles(set, environment)?.get("hello") ?? "", ".."));
    expect(files.sort()).toEqual(["hello.js", "hello.js.jsc", "hello.js.map"]);
  });

  test("is stale after any change of a file it was made of, even one that keeps size and time", async () => {
    await build();
    const { atime, mtime, size } = statSync(imported);
    writeFileSync(imported, 'export const word: string = "two";\n');
    utimesSync(imported, atime, mtime);
    expect(statSync(imported)).toMatchObject({ size, mtime });
    expect(findBundles(set, environment)).toBeUndefined();
    expect(await build()).toBe(true);
    expect(await wordOfBundle()).toBe("two");
  });

  test("is not found when one of the files is gone", async () => {
    await build();
    await Bun.file(imported).delete();
    expect(findBundles(set, environment)).toBeUndefined();
  });

  test("is not made of sources that changed while it was built", async () => {
    await tick();
    const building = buildSet(set, directory);
    // In the turn in which it begins, so that it can't be over; whatever it has read of the file by now.
    writeFileSync(imported, 'export const word: string = "late";\n');
    expect(await building).toBe(false);
    expect(findBundles(set, environment)).toBeUndefined();
    expect(await build()).toBe(true);
    expect(await wordOfBundle()).toBe("late");
  });

  test("of a damaged or foreign manifest is none", async () => {
    await build();
    const path = manifestPath(directory, set);
    const good: unknown = JSON.parse(readFileSync(path, "utf8"));
    const damaged = [
      "",
      "[]",
      "null",
      JSON.stringify({ ...(good as object), folder: "../elsewhere" }),
      JSON.stringify({ ...(good as object), files: {} }),
      JSON.stringify({ ...(good as object), sources: [1] }),
    ];
    for (const text of damaged) {
      writeFileSync(path, text);
      expect(findBundles(set, environment), text).toBeUndefined();
    }
    writeFileSync(path, JSON.stringify(good));
    expect(findBundles(set, environment)).toBeDefined();
  });

  test("that lost a part of itself is none", async () => {
    await build();
    const file = findBundles(set, environment)?.get("hello") ?? "";
    truncateSync(`${file}.jsc`, 10);
    expect(findBundles(set, environment)).toBeUndefined();
  });

  test.skipIf(process.platform === "win32")("is not trusted where others may write", async () => {
    await build();
    chmodSync(directory, 0o777);
    expect(findBundles(set, environment)).toBeUndefined();
    expect(await build()).toBe(false);
    chmodSync(directory, 0o700);
    const bundleFolder = join(findBundles(set, environment)?.get("hello") ?? "", "..");
    chmodSync(bundleFolder, 0o720);
    expect(findBundles(set, environment)).toBeUndefined();
  });

  test("is not looked for when there is to be none", async () => {
    await build();
    expect(findBundles(set, { ...environment, MCP_GATEWAY_PREBUILT: "0" })).toBeUndefined();
  });

  test("leads errors back to the source", async () => {
    writeFileSync(
      source,
      'import { word } from "./word.ts";\n\nexport async function start() {\n  throw new Error(word);\n}\n',
    );
    await build();
    const start = await loadProgram(findBundles(set, environment), "hello");
    const stack = await start?.([]).catch((error: Error) => error.stack);
    expect(stack).toContain("hello.ts:4:");
  });
});
