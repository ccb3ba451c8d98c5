/** What a service of this program is: whose, under which name, and where its files lie. Pure. */
import { join } from "node:path";

export type ServiceScope = "system" | "user";

export interface ServicePlan {
  readonly scope: ServiceScope;
  /** The head of the names of its units. */
  readonly name: string;
  /** Whose rights it has, where the system runs it; in a user's own manager there is nothing to say. */
  readonly account: ServiceAccount | undefined;
  readonly runtime: string;
  readonly installDirectory: string;
  readonly configPath: string;
  /** See `InstancePaths`. */
  readonly instance: string;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly logLevel: string | undefined;
  /** How the person calls the commands of this program, with `{}` for their words. */
  readonly command: string;
  /** Processes that serve clients. */
  readonly workers: number;
  /** Where servers' programs are looked for. */
  readonly searchPath: string;
  /** Further variables of both processes. */
  readonly variables: Readonly<Record<string, string>>;
  /** The folder of `servers.env` and `gateway.env`. */
  readonly variablesDirectory: string;
  /** The port is one of those that need a capability. */
  readonly isLowPort: boolean;
  /** It listens at an address that is there only when the network is up. */
  readonly needsNetwork: boolean;
}

export interface ServiceAccount {
  readonly user: string;
  /** The user exists for this service alone, and no file of a person is its business. */
  readonly isOwn: boolean;
}

/** The user that the service has for itself. */
export const ownUser = "mcp-gateway";

/** Where the system keeps what a service of it needs; a folder for each instance below each. */
export const systemFolders = {
  runtime: "/run/mcp-gateway",
  state: "/var/lib/mcp-gateway",
  cache: "/var/cache/mcp-gateway",
  logs: "/var/log",
} as const;

/** Where the command line looks for a gateway that is a service of the system. */
export const systemServiceEnvironment = {
  MCP_GATEWAY_RUNTIME_DIR: systemFolders.runtime,
  MCP_GATEWAY_STATE_DIR: systemFolders.state,
} as const;

/** Where `${…}` of the configuration finds what must not stand in the file. */
export function variableFiles(directory: string): Readonly<Record<"servers" | "gateway", string>> {
  return { servers: join(directory, "servers.env"), gateway: join(directory, "gateway.env") };
}

export interface ServiceUnits {
  /** Starts and stops all of it. */
  readonly target: string;
  readonly supervisor: string;
  /** One, or one for each worker. */
  readonly gateways: readonly string[];
}

export function serviceUnits({ name, workers }: Pick<ServicePlan, "name" | "workers">): ServiceUnits {
  const numbers = Array.from({ length: workers }, (_, at) => at + 1);
  return {
    target: `${name}.target`,
    supervisor: `${name}-supervisor.service`,
    gateways: workers === 1 ? [`${name}.service`] : numbers.map((number) => `${name}@${number}.service`),
  };
}

/** Names of all files that an installation of this name may have. */
export function unitFileNames(name: string): readonly string[] {
  return [`${name}.target`, `${name}-supervisor.service`, `${name}.service`, `${name}@.service`];
}

export function isServiceName(text: string): boolean {
  return /^[A-Za-z][\w-]{0,63}$/.test(text);
}

/** Of its units, unless another is given. */
export const defaultName = "mcp-gateway";

/** The system's manager, or the user's own. */
export function managerFlag(scope: ServiceScope): readonly string[] {
  return scope === "user" ? ["--user"] : [];
}
