/**
 * The bundle that a built-in server starts from: made by itself, used when it is whole, of these sources and in
 * nobody else's reach; whatever is wrong with it, the server starts from its source.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expectNoneLeft, processesWithTag } from "../../support/processes.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { waitFor, within } from "../../support/wait-for.ts";
import { bashServer } from "./bash-client.ts";

setDefaultTimeout(60_000);

const hello =
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"0"}}}\n';
/** What the bundle says instead of answering, once it is replaced by one that tells that it was used. */
const said = "started from the bundle\n";

class Server implements AsyncDisposable {
  readonly mark = `mark-${randomUUID()}`;
  readonly #process;

  constructor(cache: string, environment: Readonly<Record<string, string>> = {}) {
    this.#process = Bun.spawn([process.execPath, bashServer], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
      env: {
        PATH: process.env["PATH"],
        HOME: cache,
        BASH_TEST_MARK: this.mark,
        MCP_GATEWAY_CACHE_DIR: cache,
        ...environment,
      },
    });
  }

  /** Its first output: the answer to `initialize`, or what the bundle says. */
  async firstOutput(): Promise<string> {
    this.#process.stdin.write(hello);
    this.#process.stdin.flush();
    const reader = this.#process.stdout.getReader();
    const { value } = await within(45_000, "the first output", reader.read());
    return new TextDecoder().decode(value);
  }

  get pid(): number {
    return this.#process.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end();
    await within(20_000, "the server's end", this.#process.exited);
    await expectNoneLeft(this.mark);
  }
}

interface Cache {
  readonly bundles: string;
  readonly manifest: string;
  readonly folder: string;
}

/** The cache as the server itself made it, and its bundle, in which what it says when used. */
function cacheIn(path: string): Cache {
  const bundles = join(path, "bundles");
  const name = readdirSync(bundles).find((entry) => entry.startsWith("bash-") && entry.endsWith(".json"));
  if (name === undefined) throw new Error("there is no manifest");
  const manifest = join(bundles, name);
  const { folder } = JSON.parse(readFileSync(manifest, "utf8")) as { folder: string };
  return { bundles, manifest, folder: join(bundles, folder) };
}

function hasBundle(path: string): boolean {
  try {
    return existsSync(cacheIn(path).folder);
  } catch {
    return false;
  }
}

async function builtCache(path: string): Promise<Cache> {
  await using server = new Server(path);
  expect(await server.firstOutput()).toContain('"serverInfo"');
  await waitFor(() => hasBundle(path), { timeoutMs: 40_000, what: "the bundle" });
  return cacheIn(path);
}

/** Of the same size as what the manifest names, so that it is taken for it. */
function markAsUsed({ folder }: Cache): void {
  const path = join(folder, "bash.js");
  const { size } = statSync(path);
  const code = `exports.start = async () => { process.stdout.write(${JSON.stringify(said)}); process.stdin.resume(); };\n//`;
  writeFileSync(path, code.padEnd(size, "x"));
  // Without its bytecode the text counts.
  const bytecode = `${path}.jsc`;
  writeFileSync(bytecode, Buffer.alloc(statSync(bytecode).size));
}

let made: Promise<TempDir> | undefined;
afterAll(async () => (await made)?.[Symbol.dispose]());

async function makeOnce(): Promise<TempDir> {
  const folder = tempDir("prebuilt-made");
  await builtCache(folder.path);
  return folder;
}

/** A copy of a cache that was made once, with a bundle that tells when it is used. */
async function withCache(
  spoil: (cache: Cache, path: string) => void,
  expected: "bundle" | "source",
  more = {},
) {
  made ??= makeOnce();
  using folder = tempDir("prebuilt");
  cpSync((await made).path, folder.path, { recursive: true, preserveTimestamps: true });
  const cache = cacheIn(folder.path);
  markAsUsed(cache);
  spoil(cache, folder.path);
  await using server = new Server(folder.path, more);
  const output = await server.firstOutput();
  expect(output.includes("serverInfo") ? "source" : output).toBe(expected === "source" ? "source" : said);
  return server;
}

describe("a bundle", () => {
  test("is made by the first start for the next, readable and writable by its owner alone", async () => {
    using folder = tempDir("prebuilt-first");
    const { bundles, folder: bundle, manifest } = await builtCache(folder.path);
    for (const path of [bundles, bundle]) expect(statSync(path).mode & 0o077).toBe(0);
    expect(statSync(manifest).mode & 0o022).toBe(0);
    expect(readdirSync(bundles).filter((name) => name.startsWith("."))).toEqual([]);
    // The real one answers as the source does.
    await using server = new Server(folder.path);
    expect(await server.firstOutput()).toContain('"serverInfo":{"name":"bash"');
  });

  test("is used when it is whole", () => withCache(() => undefined, "bundle"));

  test("is not used, and none is made, where that is switched off", async () => {
    await withCache(() => undefined, "source", { MCP_GATEWAY_PREBUILT: "0" });
  });

  test.each<readonly [string, (cache: Cache) => void]>([
    ["lacks its manifest", ({ manifest }) => rmSync(manifest)],
    ["has a manifest that is no JSON", ({ manifest }) => writeFileSync(manifest, "{")],
    ["has a manifest that says nothing", ({ manifest }) => writeFileSync(manifest, "null")],
    [
      "has a manifest that leads elsewhere",
      ({ manifest }) =>
        writeFileSync(manifest, readFileSync(manifest, "utf8").replace(/"folder":"/u, '"folder":"../')),
    ],
    [
      "is of other sources",
      ({ manifest }) =>
        writeFileSync(manifest, readFileSync(manifest, "utf8").replace(/"stamp":"../u, '"stamp":"zz')),
    ],
    [
      "is of sources that are gone",
      ({ manifest }) =>
        writeFileSync(
          manifest,
          readFileSync(manifest, "utf8").replace("servers/bash/src/server.ts", "servers/bash/src/gone.ts"),
        ),
    ],
    ["is cut off", ({ folder }) => truncateSync(join(folder, "bash.js"), 1_000)],
    ["has grown", ({ folder }) => writeFileSync(join(folder, "bash.js"), " ", { flag: "a" })],
    ["lacks a file", ({ folder }) => rmSync(join(folder, "bash.js.jsc"))],
    ["is gone", ({ folder }) => rmSync(folder, { recursive: true })],
    [
      "can't be loaded",
      ({ folder }) =>
        writeFileSync(join(folder, "bash.js"), "(".repeat(statSync(join(folder, "bash.js")).size)),
    ],
    [
      "exports nothing",
      ({ folder }) =>
        writeFileSync(join(folder, "bash.js"), " ".repeat(statSync(join(folder, "bash.js")).size)),
    ],
    ["can be written by the group", ({ folder }) => chmodSync(folder, 0o770)],
    ["can be written by all", ({ folder }) => chmodSync(folder, 0o707)],
    ["lies where the group can write", ({ bundles }) => chmodSync(bundles, 0o770)],
    [
      "is a link",
      ({ folder }) => {
        renameSync(folder, `${folder}-real`);
        symlinkSync(`${folder}-real`, folder);
      },
    ],
    [
      "lies behind a link",
      ({ bundles }) => {
        renameSync(bundles, `${bundles}-real`);
        symlinkSync(`${bundles}-real`, bundles);
      },
    ],
  ])("is not used when it %s", async (_, spoil) => {
    await withCache(spoil, "source");
  });

  test("is not used when it is somebody else's", async () => {
    // Only root can make it so; anybody else can't be given a foreign one in a folder of their own.
    if (process.getuid?.() !== 0) return;
    await withCache(({ folder }) => chownSync(folder, 65_534, 65_534), "source");
    await withCache(({ bundles }) => chownSync(bundles, 65_534, 65_534), "source");
  });

  test("that can't be kept is done without", async () => {
    using folder = tempDir("prebuilt-nowhere");
    const notAFolder = join(folder.path, "file");
    writeFileSync(notAFolder, "");
    await using server = new Server(notAFolder);
    expect(await server.firstOutput()).toContain('"serverInfo"');
    // The builder has been started and has ended: only the server is left.
    const builders = () => processesWithTag(notAFolder).filter(({ pid }) => pid !== server.pid).length;
    await waitFor(() => builders() > 0, { timeoutMs: 20_000, everyMs: 2 }).catch(() => undefined);
    await waitFor(() => builders() === 0, { timeoutMs: 20_000 });
    expect(readFileSync(notAFolder, "utf8")).toBe("");
  });

  test("of servers that start at once is made once, and none is disturbed", async () => {
    using folder = tempDir("prebuilt-many");
    const servers = Array.from({ length: 4 }, () => new Server(folder.path));
    const outputs = await Promise.all(servers.map((server) => server.firstOutput()));
    expect(outputs.every((output) => output.includes('"serverInfo"'))).toBe(true);
    await waitFor(() => hasBundle(folder.path), { timeoutMs: 40_000 });
    const { bundles } = cacheIn(folder.path);
    // Those that came later end without leaving their drafts.
    await waitFor(() => readdirSync(bundles).length === 2, {
      timeoutMs: 40_000,
      explain: () => readdirSync(bundles).join(" "),
    });
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    await using next = new Server(folder.path);
    expect(await next.firstOutput()).toContain('"serverInfo"');
  });
});
