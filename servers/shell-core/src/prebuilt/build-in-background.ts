/** Makes the bundle in a process of its own, so that the server neither waits for it nor grows by it. */
import { join } from "node:path";
import { limits } from "@mcp-gateway/kit/limits";

const builder = join(import.meta.dir, "build.ts");
/** What a build needs of the environment; nothing of it is the server's business. */
const passed = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE", "LOCALAPPDATA"];

export function buildInBackground(entry: string, folder: string): void {
  try {
    const child = Bun.spawn([process.execPath, builder, entry, folder], {
      cwd: import.meta.dir,
      env: Object.fromEntries(passed.map((name) => [name, process.env[name]])),
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
      windowsHide: true,
      timeout: limits.shellBundleBuildMsMax,
      killSignal: "SIGKILL",
    });
    child.unref();
    process.on("exit", () => child.kill("SIGKILL"));
  } catch {
    // There is no bundle then, and the next start is as slow as this one.
  }
}
