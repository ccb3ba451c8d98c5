/**
 * Starts a server from a bundle with bytecode, which spares it reading and compiling some 300 modules: most of
 * the time between its launch and its first answer. Without a bundle it starts from its source, and makes the
 * bundle for the next start.
 */
import { bundleFolder, loadBundle, type StartServer } from "./bundle.ts";

/** Longer than it takes until a client has its answers; a timer's value, and the limits are not worth loading here. */
const buildAfterMs = 2_000;

export interface ServerModule {
  readonly start: StartServer;
}

/**
 * @param entry the server's module, which exports `start`
 * @param fromSource imports the same module
 */
export async function startPrebuilt(entry: string, fromSource: () => Promise<ServerModule>): Promise<void> {
  const args = process.argv.slice(2);
  const folder = bundleFolder(entry, process.env);
  const prebuilt = folder === undefined ? undefined : await loadBundle(folder);
  if (prebuilt !== undefined) return prebuilt(args);
  const { start } = await fromSource();
  await start(args);
  if (folder !== undefined && process.exitCode === undefined) buildLater(entry, folder);
}

function buildLater(entry: string, folder: string): void {
  const timer = setTimeout(async () => {
    const { buildInBackground } = await import("./build-in-background.ts");
    buildInBackground(entry, folder);
  }, buildAfterMs);
  // It is no reason for a server to live on.
  timer.unref();
}
