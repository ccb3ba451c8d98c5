/** From a path to a configuration: read, take apart, check, expand. The only part that touches the disk. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { limits, registerSecret } from "@mcp-gateway/kit";
import { type Node, nodeAt, type Property, parseDocument } from "./document.ts";
import { resolvePath, type Surroundings } from "./expander.ts";
import { type Faults, fileFault, formatPath, type KeyPath } from "./fault.ts";
import { readGateway } from "./gateway-section.ts";
import { readText, readValueFiles } from "./read-file.ts";
import { Secrets } from "./secrets.ts";
import { isEntryActive, readServer } from "./server-entry.ts";
import { readShape, type Shape } from "./shape.ts";
import { filesOf } from "./template.ts";
import type { ConfigFault, ConfigResult, GatewaySettingsResult, ServerConfig } from "./types.ts";

/** Everything, for the process that starts the servers. Secrets are registered for redaction on the way. */
export async function loadConfig(
  path: string,
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<ConfigResult> {
  const opened = await openConfig(path);
  if (!opened.ok) return opened;
  const { file, faults, shape } = opened;
  const active = shape.servers.filter((server) => isEntryActive(server, platform));
  const around = await surroundings(opened, environment, platform, [shape.gateway, ...active]);
  const gateway = readGateway(shape.gateway, around);
  const servers: ServerConfig[] = [];
  for (const [order, property] of shape.servers.entries()) {
    const server = readServer(property, order, shape.path, around);
    if (server !== undefined) servers.push(server);
  }
  checkOwnNames(active, servers, shape.path, faults);
  for (const secret of around.secrets.values) registerSecret(secret);
  if (faults.count > 0) return { ok: false, faults: faults.faults() };
  return { ok: true, config: { path: file, gateway, servers }, warnings: faults.warnings() };
}

/**
 * The `gateway` section and the servers' names, for the process that faces the network: nothing of a server
 * is expanded or read, so no secret of one is ever in that process.
 */
export async function loadGatewaySettings(
  path: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<GatewaySettingsResult> {
  const opened = await openConfig(path);
  if (!opened.ok) return opened;
  const { faults, shape } = opened;
  const around = await surroundings(opened, environment, process.platform, [shape.gateway]);
  const settings = readGateway(shape.gateway, around);
  for (const secret of around.secrets.values) registerSecret(secret);
  if (faults.count > 0) return { ok: false, faults: faults.faults() };
  return {
    ok: true,
    settings,
    serverNames: shape.servers.map((server) => server.key),
    warnings: faults.warnings(),
  };
}

/** Two servers may have a tool of one name, and neither's may depend on whether the other is there. */
function checkOwnNames(
  active: readonly Property[],
  servers: readonly ServerConfig[],
  path: KeyPath,
  faults: Faults,
): void {
  const showsOwn = new Set(servers.filter(({ names }) => names === "own").map(({ name }) => name));
  const [first, ...others] = active.filter(({ key }) => showsOwn.has(key));
  if (first === undefined) return;
  const placeOf = ({ value }: Property): number => nodeAt(value, ["names"]).offset;
  for (const other of others) {
    const message = `is "own" for ${formatPath([first.key])} too, at ${faults.placeOf(placeOf(first))}. Their tools could have the same names: keep it for one of them.`;
    faults.fault(placeOf(other), [...path, other.key, "names"], message);
  }
}

interface Opened {
  readonly ok: true;
  /** Absolute. */
  readonly file: string;
  readonly faults: Faults;
  readonly shape: Shape;
}

async function openConfig(
  path: string,
): Promise<Opened | { readonly ok: false; readonly faults: readonly ConfigFault[] }> {
  const file = resolve(path);
  const read = await readText(file, {
    bytesMax: limits.configBytesMax,
    timeoutMs: limits.configReadTimeoutMs,
  });
  if (!read.ok) {
    const advice = read.reason === "does not exist." ? " Create it, or name another file with --config." : "";
    return { ok: false, faults: [fileFault(file, `${read.reason}${advice}`)] };
  }
  const { root, faults } = parseDocument(file, read.text);
  if (root === undefined) return { ok: false, faults: faults.faults() };
  if (process.platform !== "win32" && (read.mode & 0o002) !== 0) {
    faults.warn(
      0,
      [],
      "can be changed by every user of this machine, and names programs to start. Run: chmod o-w on it.",
    );
  }
  return { ok: true, file, faults, shape: readShape(root, faults) };
}

async function surroundings(
  { file, faults }: Opened,
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  sections: readonly (Property | undefined)[],
): Promise<Surroundings> {
  const folder = dirname(file);
  const named = sections.flatMap((section) => (section === undefined ? [] : filesBelow(section.value)));
  const files = await readValueFiles(named.map((path) => resolvePath(folder, path)));
  return { folder, environment, platform, files, faults, secrets: new Secrets(existsSync) };
}

function filesBelow(node: Node): readonly string[] {
  if (node.type === "string") return filesOf(String(node.value));
  if (node.type === "property") return node.children?.[1] === undefined ? [] : filesBelow(node.children[1]);
  return (node.children ?? []).flatMap(filesBelow);
}
