/** From what was asked for, and where, to the plan of a service. Pure. */
import { delimiter, dirname, isAbsolute } from "node:path";
import { UsageError } from "../cli-error.ts";
import { withoutTools } from "../launch-plan.ts";
import { isHome, isInHome } from "./confinement.ts";
import { isServiceName, ownUser, type ServicePlan, type ServiceScope } from "./service-plan.ts";

export interface ServiceOptions {
  readonly user?: boolean | undefined;
  readonly system?: boolean | undefined;
  readonly name: string;
  readonly runAs?: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly logLevel: string | undefined;
  readonly workers: number | undefined;
}

export interface Machine {
  readonly uid: number;
  readonly home: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly installDirectory: string;
  /** This Bun as it is found on PATH, and where that leads. */
  readonly runtime: { readonly found: string; readonly real: string };
  readonly folderExists: (path: string) => boolean;
}

/** Of the configuration that the service is for. */
export interface ConfigFacts {
  readonly path: string;
  readonly instance: string;
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  /** See `ServicePlan`. */
  readonly command: string;
}

/** The user's own, unless it is root. */
export function scopeOf(
  { user, system }: Pick<ServiceOptions, "user" | "system">,
  uid: number,
): ServiceScope {
  if (user === true && system === true) throw new UsageError("--user and --system exclude each other.");
  if (user === true) return "user";
  return system === true || uid === 0 ? "system" : "user";
}

export function variablesDirectory(
  scope: ServiceScope,
  name: string,
  machine: Pick<Machine, "environment" | "home">,
): string {
  if (scope === "system") return `/etc/${name}`;
  return `${machine.environment["XDG_CONFIG_HOME"] ?? `${machine.home}/.config`}/${name}`;
}

export function unitDirectory(scope: ServiceScope, machine: Pick<Machine, "environment" | "home">): string {
  if (scope === "system") return "/etc/systemd/system";
  return `${machine.environment["XDG_CONFIG_HOME"] ?? `${machine.home}/.config`}/systemd/user`;
}

/** @throws UsageError */
export function makePlan(options: ServiceOptions, config: ConfigFacts, machine: Machine): ServicePlan {
  const { name, runAs } = options;
  const scope = scopeOf(options, machine.uid);
  if (!isServiceName(name))
    throw new UsageError(`--name must be letters, digits, - and _, and begin with a letter, not "${name}".`);
  if (runAs !== undefined && scope === "user")
    throw new UsageError("--run-as is for --system; a service of your own runs as you.");
  const isOwn = runAs === undefined || runAs === ownUser;
  const account = scope === "user" ? undefined : { user: runAs ?? ownUser, isOwn };
  if (account?.isOwn === true && isHome(dirname(config.path))) {
    throw new UsageError(
      `${config.path} lies in ${dirname(config.path)} itself, and all of that folder would be shown to the service.`,
      [
        "Put it into a folder of its own, such as /etc/mcp-gateway, or run the service as a person: --run-as <user>",
      ],
    );
  }
  const host = options.host ?? config.host;
  const port = options.port ?? config.port;
  // A link from outside a hidden folder into it would lead nowhere.
  const leadsHome = account?.isOwn === true && isInHome(machine.runtime.real);
  return {
    scope,
    name,
    account,
    runtime: leadsHome ? machine.runtime.real : machine.runtime.found,
    installDirectory: machine.installDirectory,
    configPath: config.path,
    instance: config.instance,
    host: options.host,
    port: options.port,
    logLevel: options.logLevel,
    command: config.command,
    workers: options.workers ?? config.workers,
    searchPath: searchPath(machine, account?.isOwn === true),
    variables: scope === "user" ? placesOf(machine.environment) : {},
    variablesDirectory: variablesDirectory(scope, name, machine),
    isLowPort: port > 0 && port < lowPorts,
    needsNetwork: !alwaysThere.has(host),
  };
}

const lowPorts = 1024;
const alwaysThere: ReadonlySet<string> = new Set(["", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::"]);

/** The user's manager may not have what the user's shell has set, and both must find the same folders. */
function placesOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  const places = /^(?:XDG_(?:STATE|CACHE)_HOME|MCP_GATEWAY_(?:RUNTIME|STATE|CACHE|LOG)_DIR)$/;
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      places.test(name) && value !== undefined && value !== "" ? [[name, value]] : [],
    ),
  );
}

/** As the shell has it, where `npx` and the like are found today; a manager's own has the system's folders only. */
function searchPath({ environment, installDirectory, folderExists }: Machine, hidesHomes: boolean): string {
  const folders = withoutTools(environment["PATH"] ?? "", installDirectory)
    .split(delimiter)
    .filter((folder) => isAbsolute(folder) && !folder.startsWith("/tmp/") && folderExists(folder))
    .filter((folder) => !/[\p{Cc}\\]/u.test(folder) && !(hidesHomes && isInHome(folder)));
  return [...new Set([...folders, "/usr/local/bin", "/usr/bin", "/bin"])].join(delimiter);
}
