/** Who asks, on which machine, and whether there is what was asked for. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { installDirectory } from "@mcp-gateway/kit";
import { CliError } from "../cli-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { hintsFor } from "../instance.ts";
import { withoutTools } from "../launch-plan.ts";
import { type Machine, scopeOf, unitDirectory } from "./make-plan.ts";
import { defaultName, isServiceName, type ServiceScope } from "./service-plan.ts";
import { initFacts, missingSystemd, requireManager } from "./systemd.ts";

export function thisMachine(): Machine {
  const path = withoutTools(process.env["PATH"] ?? "", installDirectory);
  const real = realpathSync(process.execPath);
  // The name on PATH outlives an update that puts the program elsewhere.
  const found = Bun.which("bun", { PATH: path });
  return {
    uid: process.getuid?.() ?? 0,
    home: homedir(),
    environment: process.env,
    installDirectory,
    runtime: { real, found: found !== null && realpathSync(found) === real ? found : real },
    folderExists: (folder) => statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true,
  };
}

/** @param words the command, to be said again. @throws CliError when it can't be done from here */
export async function requireRights(scope: ServiceScope, words: string): Promise<void> {
  const missing = missingSystemd(initFacts(), hintsFor(undefined).start);
  if (missing !== undefined) throw missing;
  if (scope === "system" && process.getuid?.() !== 0) {
    const again = `sudo ${process.execPath} ${join(installDirectory, "apps/cli/bin/gateway")}`;
    throw new CliError("A service of the system is set up by root.", exitCodes.failed, [
      `${again} service ${words} --system …`,
      ...(words === "install" ? ["Or set up one of your own, without root: --user"] : []),
    ]);
  }
  if (scope === "user" && process.getuid?.() === 0 && process.env["SUDO_USER"] !== undefined) {
    throw new CliError("With sudo, --user would be root's own service.", exitCodes.failed, [
      "Leave sudo away, or use --system.",
    ]);
  }
  await requireManager(scope, process.env["USER"] ?? "this user");
}

/** The one that was named, or the one that is there. */
export async function requireInstalled(args: {
  readonly user?: boolean | undefined;
  readonly system?: boolean | undefined;
  readonly name?: string | undefined;
}): Promise<{ readonly scope: ServiceScope; readonly name: string }> {
  const name = args.name ?? defaultName;
  const machine = thisMachine();
  const named = args.user === true || args.system === true;
  const scopes: readonly ServiceScope[] = named ? [scopeOf(args, machine.uid)] : ["user", "system"];
  const found = isServiceName(name)
    ? scopes.find((scope) => existsSync(join(unitDirectory(scope, machine), `${name}.target`)))
    : undefined;
  if (found !== undefined) return { scope: found, name };
  throw new CliError(
    `No service ${name} is installed${named ? ` for ${scopes[0] === "user" ? "you" : "the system"}` : ""}.`,
    exitCodes.notRunning,
    [`Install it: ${hintsFor(undefined).of("service install")}`],
  );
}
