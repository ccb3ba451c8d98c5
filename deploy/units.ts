/**
 * The units in this folder: what `gateway service install` writes for a clone in /opt/mcp-gateway, to be read, or copied
 * by whoever packages the program. `bun docs/generate.ts` writes them.
 */
import type { ServicePlan } from "../apps/cli/src/service/service-plan.ts";
import { accountFile, unitFiles } from "../apps/cli/src/service/units.ts";
import { instancePaths } from "../packages/kit/src/index.ts";

const configPath = "/opt/mcp-gateway/config.json";

const system: ServicePlan = {
  scope: "system",
  name: "mcp-gateway",
  account: { user: "mcp-gateway", isOwn: true },
  runtime: "/usr/local/bin/bun",
  installDirectory: "/opt/mcp-gateway",
  configPath,
  instance: instancePaths(configPath, { MCP_GATEWAY_RUNTIME_DIR: "/run/mcp-gateway" }).instance,
  host: undefined,
  port: undefined,
  logLevel: undefined,
  command: "bun run gateway {}",
  workers: 1,
  searchPath: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  variables: {},
  variablesDirectory: "/etc/mcp-gateway",
  isLowPort: false,
  needsNetwork: false,
};

const plans: Readonly<Record<string, ServicePlan>> = {
  system,
  "system-workers": { ...system, workers: 4 },
  "system-run-as": { ...system, account: { user: "you", isOwn: false } },
  user: {
    ...system,
    scope: "user",
    account: undefined,
    searchPath: "/home/you/.local/bin:/usr/local/bin:/usr/bin:/bin",
    variablesDirectory: "/home/you/.config/mcp-gateway",
  },
};

/** Path in the repository → content. */
export function exampleUnits(): ReadonlyMap<string, string> {
  const files = Object.entries(plans).flatMap(([folder, plan]) => {
    const account = accountFile(plan);
    const sysusers =
      account === undefined ? [] : [{ name: `sysusers.d/${account.name}`, text: account.text }];
    return [...unitFiles(plan), ...sysusers].map(({ name, text }): [string, string] => [
      `deploy/systemd/${folder}/${name}`,
      text,
    ]);
  });
  return new Map(files);
}
