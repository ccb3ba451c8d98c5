/** Stops a service and takes its files away; what it has kept stays. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { accountPath } from "./account.ts";
import { type ServiceScope, systemFolders, unitFileNames } from "./service-plan.ts";
import { runOrExplain, systemctl } from "./systemd.ts";
import { unitStates } from "./unit-states.ts";
import { madeByUs } from "./unit-text.ts";

/** @returns the files that were removed; none when no service of this name was installed */
export async function uninstall(
  scope: ServiceScope,
  name: string,
  units: string,
): Promise<readonly string[]> {
  const paths = [
    ...unitFileNames(name).map((file) => join(units, file)),
    ...(scope === "system" ? [accountPath(name)] : []),
  ];
  const ours = paths.filter((path) => existsSync(path) && readFileSync(path, "utf8").includes(madeByUs));
  if (ours.length === 0) return [];
  const target = `${name}.target`;
  await systemctl(scope, "disable", target); // Fails when it was disabled by hand.
  const running = (await unitStates(scope, name)).map(({ unit }) => unit);
  if (running.length > 0) await runOrExplain("systemctl stop", systemctl(scope, "stop", ...running));
  const runtime = runtimeFolders(ours);
  for (const path of ours) rmSync(path);
  await runOrExplain("systemctl daemon-reload", systemctl(scope, "daemon-reload"));
  await systemctl(scope, "reset-failed", ...running); // Fails where there is nothing to forget.
  // By its folder the command line knows that a configuration's gateway is a service.
  for (const folder of runtime.filter((one) => !isNamedIn(units, one)))
    rmSync(folder, { recursive: true, force: true });
  return ours;
}

/** By the units of another service of the same configuration. */
function isNamedIn(units: string, folder: string): boolean {
  const own = `/${basename(folder)}`;
  return readdirSync(units)
    .map((file) => join(units, file))
    .filter((path) => path.endsWith(".service") && existsSync(path)) // A link may lead nowhere.
    .some((path) => readFileSync(path, "utf8").includes(own));
}

/** Those that systemd keeps (`RuntimeDirectoryPreserve=`), of the instances these units were for. */
function runtimeFolders(units: readonly string[]): readonly string[] {
  const named = units.flatMap(
    (path) => /^RuntimeDirectory=mcp-gateway\/([0-9a-f]+)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? [],
  );
  return [...new Set(named)].map((instance) => join(systemFolders.runtime, instance));
}
