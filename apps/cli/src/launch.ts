/**
 * The launcher as a program of its own, so that it weighs no more than a Bun that waits: `gateway up` checks what
 * was asked for, and then becomes this. Its one argument is a LaunchOrder as JSON.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { installDirectory } from "@mcp-gateway/kit/install-directory";
import { releaseStartCodeLater } from "@mcp-gateway/kit/release-start-code";
import { exitCodes } from "./exit-codes.ts";
import { launchEnvironments, launchPrograms, type UpOptions } from "./launch-plan.ts";
import { launch } from "./launcher.ts";

export interface LaunchOrder {
  readonly options: UpOptions;
  readonly workers: number;
  /** The bundle of each process, where there is one. */
  readonly bundles: Readonly<Record<string, string>>;
  /** Of this run's log files. */
  readonly logStamp: string;
  /** How the person calls the commands of this program, with `{}` for their words. */
  readonly command: string;
}

export async function start(args: readonly string[]): Promise<void> {
  const { options, workers, bundles, logStamp, command }: LaunchOrder = JSON.parse(args[0] ?? ""); // Written by become-launcher.ts.
  if (Object.keys(bundles).length === 0) {
    const { appSet, buildLater } = await import("@mcp-gateway/kit/prebuilt");
    buildLater(appSet);
  }
  releaseStartCodeLater();
  const environments = launchEnvironments(process.env, installDirectory, process.pid, logStamp, command);
  const exitCode = await launch({
    programs: () => {
      const files = { supervisor: fileOf("supervisor", bundles), gateway: fileOf("gateway", bundles) };
      return launchPrograms(options, workers, { runtime: process.execPath, files }, environments);
    },
    say,
    tellConfigFaults: () => tellConfigFaults(options.configPath),
  });
  process.exit(exitCode);
}

/** The bundle that was found at the start, as long as it is there. */
function fileOf(name: "supervisor" | "gateway", bundles: LaunchOrder["bundles"]): string {
  const bundle = bundles[name];
  return bundle !== undefined && existsSync(bundle)
    ? bundle
    : join(installDirectory, `apps/${name}/src/main.ts`);
}

/** In a process of its own: the launcher must keep neither the checker nor the secrets that it expands. */
async function tellConfigFaults(path: string): Promise<void> {
  const checker = join(installDirectory, "apps/cli/src/check-config.ts");
  const check = Bun.spawn([process.execPath, checker, path], { stdio: ["ignore", "inherit", "inherit"] });
  if ((await check.exited) === exitCodes.ok) say(`${path} had faults, and has none now: start again.`);
}

function say(line: string): void {
  process.stderr.write(`⚠ ${line}\n`);
}

if (import.meta.main) void start(process.argv.slice(2));
