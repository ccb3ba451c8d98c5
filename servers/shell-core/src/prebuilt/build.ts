/** Makes the bundle of one server: `bun build.ts ENTRY FOLDER`. Ends with 1 when there is none afterwards. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { limits } from "@mcp-gateway/kit/limits";
import { bundleName, isPrivate, manifestName, manifestOf } from "./bundle.ts";

const [entry = "", folder = ""] = process.argv.slice(2);
process.exitCode = (await build(entry, folder)) ? 0 : 1;

async function build(from: string, to: string): Promise<boolean> {
  const parent = dirname(to);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  if (!isPrivate(parent) || existsSync(to)) return existsSync(to);
  const draft = join(parent, `.${basename(to)}.${process.pid}`);
  try {
    mkdirSync(draft, { mode: 0o700 });
    const built = await Bun.build({
      entrypoints: [from],
      outdir: draft,
      naming: bundleName,
      target: "bun",
      format: "cjs",
      bytecode: true,
    });
    if (!built.success) return false;
    writeFileSync(join(draft, manifestName), manifestOf(draft), { mode: 0o600 });
    // In one step, so that no server ever finds half of it; whoever was faster has made the same.
    renameSync(draft, to);
    removeOldest(parent, basename(to).replace(/-[^-]*$/u, "-"), basename(to));
    return true;
  } catch {
    return existsSync(to);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** A server that runs has read its bundle long ago. */
function removeOldest(parent: string, prefix: string, newest: string): void {
  const others = readdirSync(parent)
    .filter((name) => (name.startsWith(prefix) || name.startsWith(`.${prefix}`)) && name !== newest)
    .map((name) => ({ name, atMs: statSync(join(parent, name)).mtimeMs }))
    .sort((a, b) => b.atMs - a.atMs);
  for (const { name } of others.slice(limits.shellBundlesMax - 1))
    rmSync(join(parent, name), { recursive: true, force: true });
}
