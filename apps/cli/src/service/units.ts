/** The units of a service: a target that starts and stops it, the supervisor, and the gateway or its workers. Pure. */
import { join } from "node:path";
import { limits } from "@mcp-gateway/kit/limits";
import { withStartPolicy } from "@mcp-gateway/kit/start-policy";
import { gatewayCommand, type Place, programVariables, supervisorCommand } from "../launch-plan.ts";
import { gatewayConfinement, supervisorConfinement } from "./confinement.ts";
import { ownUser, type ServicePlan, serviceUnits, systemFolders, variableFiles } from "./service-plan.ts";
import { commandText, madeByUs, type UnitLine, unitText, variableText, wholePath } from "./unit-text.ts";

export interface PlannedFile {
  readonly name: string;
  readonly text: string;
}

const handbook = "docs/deploy.md of MCP Gateway says how to look at it, change it, and take it away.";
const inSeconds = (ms: number): string => `${ms / 1_000}s`;

export function unitFiles(plan: ServicePlan): readonly PlannedFile[] {
  const units = serviceUnits(plan);
  return [
    { name: units.target, text: targetUnit(plan) },
    { name: units.supervisor, text: supervisorUnit(plan) },
    { name: plan.workers === 1 ? `${plan.name}.service` : `${plan.name}@.service`, text: gatewayUnit(plan) },
  ];
}

/** A user for the service, in the form of sysusers.d(5); undefined when it runs as one that is there. */
export function accountFile({ name, account }: ServicePlan): PlannedFile | undefined {
  if (account?.isOwn !== true) return undefined;
  const line = `u ${ownUser} - "MCP Gateway" ${systemFolders.state}/home`;
  return { name: `${name}.conf`, text: `${madeByUs}\n${line}\n` };
}

function targetUnit(plan: ServicePlan): string {
  const { supervisor, gateways } = serviceUnits(plan);
  const wantedBy = plan.scope === "user" ? "default.target" : "multi-user.target";
  return unitText(
    [
      {
        name: "Unit",
        lines: [
          ["Description", `MCP Gateway: one address for all MCP servers of ${wholePath(plan.configPath)}`],
          ["Wants", [supervisor, ...gateways].join(" ")],
        ],
      },
      { name: "Install", lines: [["WantedBy", wantedBy]] },
    ],
    handbook,
  );
}

function supervisorUnit(plan: ServicePlan): string {
  const { target } = serviceUnits(plan);
  const files = variableFiles(plan.variablesDirectory);
  return unitText(
    [
      {
        name: "Unit",
        lines: [
          ["Description", "MCP Gateway: the supervisor, which runs the MCP servers"],
          ...together(target, plan),
          ...startLimit,
        ],
      },
      {
        name: "Service",
        lines: [
          ...running(plan, supervisorCommand(plan, placeOf(plan))),
          reloading(plan),
          "It ends its servers itself, in order; only what is left when it has ended, or was killed, is killed.",
          ["KillMode", "mixed"],
          "A server that the system kills for its memory is that server's trouble, not the supervisor's.",
          ["OOMPolicy", "continue"],
          ...restarting,
          ...variables(plan, programVariables.supervisor, [files.gateway, files.servers]),
          ["Environment", variableText("PATH", plan.searchPath)],
          ...folders(plan),
          ...supervisorConfinement(plan),
        ],
      },
    ],
    handbook,
  );
}

function gatewayUnit(plan: ServicePlan): string {
  const { target, supervisor } = serviceUnits(plan);
  const isTemplate = plan.workers > 1;
  const command = commandText(gatewayCommand(plan, placeOf(plan)));
  const { gateway } = variableFiles(plan.variablesDirectory);
  return unitText(
    [
      {
        name: "Unit",
        lines: [
          [
            "Description",
            `MCP Gateway: ${isTemplate ? "worker %i" : "the gateway"}, which serves the clients`,
          ],
          ...together(target, plan),
          "Stopped before the supervisor, so that calls in flight get their answers. Either starts and runs without the other.",
          ["After", supervisor],
          ...startLimit,
        ],
      },
      {
        name: "Service",
        lines: [
          ...running(plan, command, isTemplate ? ` --worker %i/${plan.workers}` : ""),
          reloading(plan),
          ["KillMode", "mixed"],
          ...restarting,
          ...variables(plan, { ...programVariables.gateway, MCP_GATEWAY_COMMAND: plan.command }, [gateway]),
          ...folders(plan),
          ...gatewayConfinement(plan),
        ],
      },
    ],
    handbook,
  );
}

function placeOf({ runtime, installDirectory }: ServicePlan): Place {
  const file = (app: string): string => join(installDirectory, `apps/${app}/src/main.ts`);
  return { runtime, files: { supervisor: file("supervisor"), gateway: file("gateway") } };
}

/** Unlike SIGHUP, which does the same, it fails when the configuration has faults, and says them where it was asked. */
function reloading({ runtime, installDirectory, configPath }: ServicePlan): UnitLine {
  const program = join(installDirectory, "apps/cli/src/bootstrap.ts");
  return ["ExecReload", commandText([runtime, program, "reload", "--config", configPath])];
}

function together(target: string, { scope, needsNetwork }: ServicePlan): readonly UnitLine[] {
  const network: readonly UnitLine[] = needsNetwork
    ? [
        "It listens at an address that is there only then.",
        ["Wants", "network-online.target"],
        ["After", "network-online.target"],
      ]
    : [["After", "network.target"]];
  return [["PartOf", target], ...(scope === "user" ? [] : network)];
}

/** As the launcher gives up (`restartsPerProcessMax` of two processes). */
const startLimit: readonly UnitLine[] = [
  ["StartLimitIntervalSec", inSeconds(limits.processRestartWindowMs)],
  ["StartLimitBurst", String(limits.restartsPerProcessMax * 2)],
];

const restarting: readonly UnitLine[] = [
  ["Restart", "always"],
  ["RestartSec", inSeconds(limits.serviceRestartDelayMs)],
  "A wrong option stays wrong, and a supervisor that runs already goes on.",
  ["RestartPreventExitStatus", "2 4"],
  ["WatchdogSec", inSeconds(limits.serviceWatchdogMs)],
  ["TimeoutStartSec", inSeconds(limits.serviceStartMsMax)],
  ["TimeoutStopSec", inSeconds(limits.shutdownMsMax + limits.serviceStopSlackMs)],
];

function running(plan: ServicePlan, command: readonly string[] | string, more = ""): readonly UnitLine[] {
  const text = typeof command === "string" ? command : commandText(command);
  return [
    ["Type", "notify"],
    ["NotifyAccess", "main"],
    ["ExecStart", `${text}${more}`],
    ["SyslogIdentifier", "%N"],
    ["WorkingDirectory", wholePath(plan.installDirectory)],
    ...(plan.account === undefined ? [] : [["User", plan.account.user] satisfies UnitLine]),
  ];
}

function variables(
  plan: ServicePlan,
  own: Readonly<Record<string, string>>,
  files: readonly string[],
): readonly UnitLine[] {
  const { runtime, state, cache, logs } = systemFolders;
  const places =
    plan.scope === "user"
      ? {}
      : {
          MCP_GATEWAY_RUNTIME_DIR: runtime,
          MCP_GATEWAY_STATE_DIR: state,
          MCP_GATEWAY_CACHE_DIR: join(cache, plan.instance),
          MCP_GATEWAY_LOG_DIR: join(logs, plan.name),
        };
  const home = plan.account?.isOwn === true ? { HOME: join(state, "home") } : {};
  const all = { ...withStartPolicy(own), ...places, ...home, ...plan.variables };
  return [
    ...Object.entries(all).map(([name, value]): UnitLine => ["Environment", variableText(name, value ?? "")]),
    `For what \${…} of the configuration names; not needed where it names nothing.`,
    ...files.map((path): UnitLine => ["EnvironmentFile", `-${wholePath(path)}`]),
  ];
}

/** In a user's own manager the program makes its folders itself, where `gateway up` has them too. */
function folders({ scope, name, instance, account }: ServicePlan): readonly UnitLine[] {
  if (scope === "user") return [];
  const own = `mcp-gateway/${instance}`;
  return [
    ["RuntimeDirectory", own],
    ["RuntimeDirectoryMode", "0700"],
    "Both processes have it, and either may end.",
    ["RuntimeDirectoryPreserve", "yes"],
    ["StateDirectory", account?.isOwn === true ? `${own} mcp-gateway/home` : own],
    ["StateDirectoryMode", "0700"],
    ["CacheDirectory", own],
    ["CacheDirectoryMode", "0700"],
    ["LogsDirectory", name],
    ["LogsDirectoryMode", "0700"],
  ];
}
