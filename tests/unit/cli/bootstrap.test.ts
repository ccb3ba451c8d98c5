import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const source = join(import.meta.dirname, "../../../apps/cli/src");
let parent = "";
let root = "";

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), "mcp-gateway-bootstrap-"));
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** A clone with one dependency from a folder of its own, so that no registry is needed. */
beforeEach(() => {
  root = mkdtempSync(join(parent, "clone-"));
  const cli = join(root, "apps/cli");
  mkdirSync(join(cli, "src"), { recursive: true });
  for (const name of ["bootstrap.ts", "dependencies.ts"]) cpSync(join(source, name), join(cli, "src", name));
  writeFileSync(
    join(cli, "src/main.ts"),
    'import { word } from "@x/kit";\nexport const start = (args) => console.log(word, ...args);',
  );
  writeFileSync(
    join(cli, "package.json"),
    '{ "name": "@x/cli", "dependencies": { "@x/kit": "workspace:*" } }',
  );
  mkdirSync(join(root, "packages/kit"), { recursive: true });
  writeFileSync(
    join(root, "packages/kit/package.json"),
    '{ "name": "@x/kit", "version": "1.0.0", "module": "index.ts" }',
  );
  writeFileSync(join(root, "packages/kit/index.ts"), 'export const word = "hello";');
  writeFileSync(
    join(root, "package.json"),
    '{ "name": "x", "private": true, "workspaces": ["packages/*", "apps/*"] }',
  );
});

async function run(
  ...args: string[]
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const child = Bun.spawn([process.execPath, join(root, "apps/cli/src/bootstrap.ts"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

async function makeLockfile(): Promise<void> {
  const child = Bun.spawn([process.execPath, "install", "--lockfile-only"], {
    cwd: root,
    stdio: ["ignore", "ignore", "ignore"],
  });
  await child.exited;
}

describe("another runtime", () => {
  test("that is too old is told so, with the command that helps", async () => {
    const preload = join(root, "older.ts");
    writeFileSync(preload, 'Object.defineProperty(process.versions, "bun", { value: "1.4.4" });');
    const script = join(root, "apps/cli/src/bootstrap.ts");
    const child = Bun.spawn([process.execPath, "--preload", preload, script], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    expect(await new Response(child.stderr).text()).toBe(
      "MCP Gateway needs Bun 1.4.5 or newer; this is Bun 1.4.4.\n  → npx bun@1.4.5 run start\n  → or bring Bun up to date: bun upgrade\n",
    );
    expect(await child.exited).toBe(1);
  });
});

describe("the first start", () => {
  test("installs what is missing, once, and goes on", async () => {
    await makeLockfile();
    expect(existsSync(join(root, "node_modules"))).toBe(false);
    const first = await run("status", "--json");
    expect(first).toMatchObject({ exitCode: 0, stdout: "hello status --json\n" });
    expect(first.stderr).toStartWith("Installing the packages MCP Gateway needs");
    expect(await run("up")).toEqual({ exitCode: 0, stdout: "hello up\n", stderr: "" });
  });

  test("explains why the packages can't be installed and ends with 1", async () => {
    await makeLockfile();
    writeFileSync(
      join(root, "apps/cli/package.json"),
      '{ "name": "@x/cli", "dependencies": { "@x/gone": "workspace:*" } }',
    );
    const { exitCode, stdout, stderr } = await run("up");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain("could not be installed (@x/gone is missing)");
    expect(stderr).toContain("@x/gone@workspace:* failed to resolve");
    expect(stderr).toContain("check the network");
    expect(stderr).not.toContain("    at ");
  });

  test("goes on with what is installed when only the lockfile changed and can't be used", async () => {
    await makeLockfile();
    await run("up");
    writeFileSync(join(root, "bun.lock"), "not a lockfile");
    const { exitCode, stdout, stderr } = await run("up");
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "hello up\n" });
    expect(stderr).toContain("going on with those that are installed");
  });
});
