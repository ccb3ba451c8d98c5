/** `gateway service install|uninstall|status`: the gateway as a service of systemd. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { type GatewaySettings, loadConfig, loadGatewaySettings } from "@mcp-gateway/config";
import { instancePaths, limits } from "@mcp-gateway/kit";
import { defineCommand } from "citty";
import { exitCodes } from "../exit-codes.ts";
import { hintsFor } from "../instance.ts";
import { requireInstalled, requireRights, thisMachine } from "../service/access.ts";
import { filesToWrite, install } from "../service/install.ts";
import { type Machine, makePlan, scopeOf, unitDirectory, variablesDirectory } from "../service/make-plan.ts";
import { defaultName, type ServiceScope, variableFiles } from "../service/service-plan.ts";
import { requireManager, runOrExplain, systemctl } from "../service/systemd.ts";
import { uninstall } from "../service/uninstall.ts";
import { isTarget, settledStates, unitStates } from "../service/unit-states.ts";
import { paintFor, widthOf, writeJson, writeLines } from "../terminal.ts";
import { faultLines } from "../view/fault-view.ts";
import { fileLines, installedLines, type ServiceViewContext, serviceLines } from "../view/service-view.ts";
import { readUpFlags, upArgs } from "./up.ts";

const scopeArgs = {
  user: { type: "boolean", description: "A service of your own (default, unless you are root)" },
  system: { type: "boolean", description: "A service of the system, with a user of its own" },
  name: { type: "string", valueHint: "name", description: "Name of its units (default: mcp-gateway)" },
} as const;

const installCommand = defineCommand({
  meta: {
    name: "install",
    description: "Install and start the gateway as a service; again: with other options",
  },
  args: {
    ...scopeArgs,
    "run-as": {
      type: "string",
      valueHint: "user",
      description: "With --system: run as this user, whose files its servers may use",
    },
    ...upArgs,
    print: { type: "boolean", description: "Only print the files that would be written" },
  },
  async run({ args }) {
    const machine = thisMachine();
    const flags = readUpFlags(args);
    const { user, system, name = defaultName } = args;
    const options = { ...flags, user, system, name, runAs: args["run-as"] };
    const scope = scopeOf(options, machine.uid);
    const settings = await checkedConfig(flags.configPath, scope, options.name, machine);
    if (settings === undefined) {
      process.exitCode = exitCodes.startFailed;
      return;
    }
    const config = {
      path: flags.configPath,
      instance: instancePaths(flags.configPath).instance,
      host: settings.host,
      port: settings.port,
      workers: settings.workers,
      command: hintsFor(flags.configPath).of("{}"),
    };
    const plan = makePlan(options, config, machine);
    const units = unitDirectory(scope, machine);
    if (args.print) return writeLines(fileLines(filesToWrite(plan, units)));
    await requireRights(scope, "install");
    await install(plan, units);
    const states = await settledStates(scope, options.name);
    const userName = machine.environment["USER"] ?? String(machine.uid);
    const lingers = existsSync(`/var/lib/systemd/linger/${userName}`);
    await writeLines(installedLines(plan, states, { ...viewContext(), lingers, userName }));
  },
});

const uninstallCommand = defineCommand({
  meta: { name: "uninstall", description: "Stop the service and take its units away" },
  args: scopeArgs,
  async run({ args }) {
    const { scope, name } = await requireInstalled(args);
    await requireRights(scope, "uninstall");
    const removed = await uninstall(scope, name, unitDirectory(scope, thisMachine()));
    const paint = paintFor(process.stdout);
    await writeLines([
      `${paint.green("✔")} The service is stopped and gone.`,
      ...removed.map((path) => `  removed ${path}`),
      `  Tokens, logs and variables stay; docs/deploy.md says where.`,
    ]);
  },
});

const statusCommand = defineCommand({
  meta: { name: "status", description: "Show the units of the service, and how to look further" },
  args: { ...scopeArgs, json: { type: "boolean", description: "Print them as JSON" } },
  async run({ args }) {
    const { scope, name } = await requireInstalled(args);
    await requireManager(scope, process.env["USER"] ?? "this user");
    const states = await unitStates(scope, name);
    const services = states.filter((state) => !isTarget(state));
    const active = services.filter(({ state }) => state === "active").length;
    if (args.json) await writeJson({ scope, name, units: states });
    else await writeLines(serviceLines(scope, name, states, viewContext()));
    const isWhole = services.length > 0 && active === services.length;
    process.exitCode = isWhole ? exitCodes.ok : active > 0 ? exitCodes.degraded : exitCodes.notRunning;
  },
});

/** By `systemctl` on the target alone the same is begun, and not waited for. */
function operation(verb: "start" | "stop" | "restart", description: string) {
  return defineCommand({
    meta: { name: verb, description },
    args: scopeArgs,
    async run({ args }) {
      const { scope, name } = await requireInstalled(args);
      await requireRights(scope, verb);
      const units = (await unitStates(scope, name)).map(({ unit }) => unit);
      if (verb !== "stop") await systemctl(scope, "reset-failed", ...units); // Fails where there is nothing to forget.
      await runOrExplain(`systemctl ${verb}`, systemctl(scope, verb, `${name}.target`, ...units));
      const states = verb === "stop" ? await unitStates(scope, name) : await settledStates(scope, name);
      await writeLines(serviceLines(scope, name, states, viewContext()));
    },
  });
}

export const service = defineCommand({
  meta: { name: "service", description: "Run the gateway as a service of systemd" },
  subCommands: {
    install: installCommand,
    status: statusCommand,
    start: operation("start", "Start it"),
    stop: operation("stop", "Stop it, until the next start of the machine"),
    restart: operation("restart", "Restart it, servers included"),
    uninstall: uninstallCommand,
  },
});

function viewContext(): ServiceViewContext {
  return {
    paint: paintFor(process.stdout),
    width: widthOf(process.stdout),
    isRoot: process.getuid?.() === 0,
  };
}

/** With the variables that the service will have. Undefined when it has faults, which were told. */
async function checkedConfig(
  path: string,
  scope: ServiceScope,
  name: string,
  machine: Machine,
): Promise<GatewaySettings | undefined> {
  const files = variableFiles(variablesDirectory(scope, name, machine));
  const environment = { ...process.env, ...variablesIn(files.gateway), ...variablesIn(files.servers) };
  const whole = await loadConfig(path, environment);
  const gateway = await loadGatewaySettings(path, environment);
  if (whole.ok && gateway.ok) return gateway.settings;
  const faults = whole.ok ? [] : whole.faults;
  await writeLines(faultLines(path, faults, paintFor(process.stderr), process.cwd()), process.stderr);
  await writeLines(
    [`  → A variable of the service stands in ${files.servers}, as NAME=value`],
    process.stderr,
  );
  return undefined;
}

/** As far as a check needs it: systemd reads the file itself. */
function variablesIn(path: string): Record<string, string> {
  try {
    if (statSync(path).size > limits.configValueFileBytesMax) return {};
    const pairs = readFileSync(path, "utf8").matchAll(/^\s*([A-Za-z_]\w*)=(["']?)(.*)\2\s*$/gmu);
    return Object.fromEntries(Array.from(pairs, ([, key = "", , value = ""]) => [key, value]));
  } catch {
    return {}; // Not there, or not ours to read: systemd may.
  }
}
