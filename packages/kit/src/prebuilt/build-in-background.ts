/** Makes the bundles in a process of its own, so that the program neither waits for it nor grows by it. */
import { limits } from "../limits.ts";
import type { BundleSet } from "./bundle-set.ts";

/** What a build needs of the environment; nothing of it is the program's business. */
const passed = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TEMP",
  "TMP",
  "SYSTEMROOT",
  "USERPROFILE",
  "LOCALAPPDATA",
  "XDG_CACHE_HOME",
  "MCP_GATEWAY_CACHE_DIR",
];

export function buildInBackground(builder: string, set: BundleSet): void {
  try {
    const child = Bun.spawn([process.execPath, builder, JSON.stringify(set)], {
      env: Object.fromEntries(passed.map((name) => [name, process.env[name]])),
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
      windowsHide: true,
      timeout: limits.bundleBuildMsMax,
      killSignal: "SIGKILL",
    });
    child.unref();
    process.on("exit", () => child.kill("SIGKILL"));
  } catch {
    // There is no bundle then, and the next start is as slow as this one.
  }
}
