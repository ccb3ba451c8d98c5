/** Turns this process into the launcher: the same process for whoever waits for it, without what it has loaded. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { installDirectory } from "@mcp-gateway/kit/install-directory";
import { runStamp } from "@mcp-gateway/kit/log-file";
import type { Bundles } from "@mcp-gateway/kit/prebuilt";
import { withStartPolicy } from "@mcp-gateway/kit/start-policy";
import { hintsFor } from "./instance.ts";
import type { LaunchOrder } from "./launch.ts";
import type { UpOptions } from "./launch-plan.ts";

/** Does not return, except by throwing. */
export async function becomeLauncher(
  options: UpOptions,
  workers: number,
  bundles: Bundles | undefined,
): Promise<void> {
  const order: LaunchOrder = {
    options,
    workers,
    bundles: Object.fromEntries(bundles ?? []),
    logStamp: runStamp(new Date()),
    command: hintsFor(options.configPath).of("{}"),
  };
  const argument = JSON.stringify(order);
  // Windows can't replace a process; there the launcher is what it was, and somewhat larger.
  if (process.platform === "win32" || process.execve === undefined) {
    const { start } = await import("./launch.ts");
    return start([argument]);
  }
  const bundle = bundles?.get("launcher");
  const program =
    bundle !== undefined && existsSync(bundle) ? bundle : join(installDirectory, "apps/cli/src/launch.ts");
  process.execve(process.execPath, [process.execPath, program, argument], withStartPolicy(process.env));
}
