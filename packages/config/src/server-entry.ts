/** One server entry of the file → one `ServerConfig`, or every fault it has. */
import { resolve } from "node:path";
import { foreignKeys, translate } from "./aliases.ts";
import { describe, type Property } from "./document.ts";
import { Expander, expandHome, type Place, type Surroundings } from "./expander.ts";
import type { KeyPath } from "./fault.ts";
import { checkFields, type Field, type Fields, readFields } from "./fields.ts";
import { readOAuth, withoutSwitch } from "./oauth-section.ts";
import { ServerEntry, serverDefaults } from "./schema.ts";
import { checkUrl, expandEnvironment, expandHeaders } from "./server-values.ts";
import { decideTransport, warnOfIdleKeys } from "./transport.ts";
import type { ServerConfig } from "./types.ts";

/** What a description with a fault can still be used for: finding more faults. */
export function readServer(
  property: Property,
  order: number,
  parent: KeyPath,
  around: Surroundings,
): ServerConfig | undefined {
  const { key: name, keyNode, value: node } = property;
  const { faults } = around;
  const path = [...parent, name];
  if (node.type !== "object") {
    const advice = node.type === "string" ? ' Write { "command": … } or { "url": … }.' : "";
    faults.fault(node.offset, path, `must be an object; found ${describe(node)}.${advice}`);
    return undefined;
  }
  const fields = readEntryFields(property, path, around);
  const entry = checkFields(ServerEntry, withoutSwitch(fields, path, faults), path, faults);
  const platforms = entry.platforms?.map(platformName);
  const enabled = entry.enabled ?? serverDefaults.enabled;
  const isDecided = !isFaulty(fields, entry, "enabled") && !isFaulty(fields, entry, "platforms");
  const isActive = enabled && isDecided && (platforms === undefined || platforms.includes(around.platform));
  const expander = new Expander(around, isActive);
  const values = expandValues(entry, fields, path, expander, around, isActive);
  const oauth = readOAuth({
    field: fields.get("oauth"),
    section: entry.oauth,
    path,
    expander,
    around,
    isActive,
  });
  checkStartup(entry, fields, path, around);
  const transport = decideTransport(
    { fields, type: entry.type, url: values.url, path, offset: keyNode.offset },
    faults,
  );
  if (transport === undefined) return undefined;
  warnOfIdleKeys(fields, transport, path, faults);
  warnOfIdleOAuth(fields, values.headers, path, around);
  checkProtocol(entry, transport, fields, path, around);
  return {
    name,
    order,
    transport,
    command: values.command,
    args: values.args,
    env: values.env,
    inheritEnv: entry.inheritEnv ?? serverDefaults.inheritEnv,
    cwd: values.cwd,
    url: values.url,
    headers: values.headers,
    oauth: transport === "stdio" || hasAuthorization(values.headers) ? undefined : oauth,
    startupDelayMs: entry.startupDelayMs ?? serverDefaults.startupDelayMs,
    startupTimeoutMs: entry.startupTimeoutMs ?? serverDefaults.startupTimeoutMs,
    timeoutMs: entry.timeoutMs ?? serverDefaults.timeoutMs,
    isolation: entry.isolation ?? serverDefaults.isolation,
    names: entry.names ?? serverDefaults.names,
    protocol: entry.protocol ?? serverDefaults.protocol,
    restart: entry.restart ?? serverDefaults.restart,
    enabled,
    platforms,
  };
}

/** Is it worth reading the files that the entry names? The same question `readServer` asks, before it. */
export function isEntryActive({ value: node }: Property, platform: NodeJS.Platform): boolean {
  const fields = new Map(
    (node.children ?? []).map((child) => [String(child.children?.[0]?.value), child.children?.[1]]),
  );
  const enabled = fields.get("enabled")?.value;
  if (enabled === false || (enabled !== true && fields.get("disabled")?.value === true)) return false;
  const platforms = fields.get("platforms")?.children;
  return platforms === undefined || platforms.some((item) => platformName(String(item.value)) === platform);
}

const knownKeys = [...Object.keys(ServerEntry.properties), ...foreignKeys];

function readEntryFields(property: Property, path: KeyPath, around: Surroundings): Fields {
  const fields = readFields(property.value, path, knownKeys, around.faults);
  translate(fields, path, around.faults);
  return fields;
}

/** Whoever brings credentials along signs in nowhere. */
function hasAuthorization(headers: ServerConfig["headers"]): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
}

function isFaulty(fields: Fields, entry: ServerEntry, key: keyof ServerEntry): boolean {
  return fields.has(key) && entry[key] === undefined;
}

function platformName(name: string): string {
  if (name === "macos") return "darwin";
  return name === "windows" ? "win32" : name;
}

interface Values extends Pick<ServerConfig, "command" | "args" | "env" | "cwd" | "url" | "headers"> {}

function expandValues(
  entry: ServerEntry,
  fields: Fields,
  path: KeyPath,
  expander: Expander,
  around: Surroundings,
  isActive: boolean,
): Values {
  const { folder, secrets } = around;
  const at = (key: string): Place => placeOf(fields, key, path);
  const one = (key: "command" | "cwd" | "url"): string | undefined => {
    const text = entry[key];
    if (text === undefined) return undefined;
    const expanded = expander.expand(text, at(key));
    if (isActive && expanded?.trim() === "") {
      around.faults.fault(at(key).offset, at(key).path, `is empty once its \${…} are put in.`);
      return undefined;
    }
    return expanded;
  };
  const command = one("command");
  const args = (entry.args ?? []).map(
    (text, index) => expander.expand(text, itemPlace(fields.get("args"), index, at("args"))) ?? "",
  );
  const cwd = one("cwd");
  const url = one("url")?.trim();
  secrets.inArguments(args);
  if (isActive && command !== undefined) warnOfWholeCommandLine(command, fields, path, around);
  return {
    command: command === undefined ? undefined : expandHome(command),
    args,
    env: expandEnvironment(entry.env ?? {}, fields.get("env"), at("env"), expander, around),
    cwd: cwd === undefined ? folder : resolve(folder, expandHome(cwd)),
    url: url === undefined || (isActive && !checkUrl(url, at("url"), around)) ? undefined : url,
    headers: expandHeaders(entry.headers ?? {}, fields.get("headers"), at("headers"), expander, around),
  };
}

function placeOf(fields: Fields, key: string, path: KeyPath): Place {
  const field = fields.get(key);
  return { offset: field?.node.offset ?? 0, path: [...path, field?.key ?? key] };
}

function itemPlace(field: Field | undefined, index: number, place: Place): Place {
  return { offset: field?.node.children?.[index]?.offset ?? place.offset, path: [...place.path, index] };
}

/** `"command": "npx -y server"` looks for a program with spaces in its name. */
function warnOfWholeCommandLine(command: string, fields: Fields, path: KeyPath, around: Surroundings): void {
  const field = fields.get("command");
  if (field === undefined || !/^[^\s/\\"']+\s+\S/.test(command)) return;
  around.faults.warn(
    field.node.offset,
    [...path, field.key],
    'has spaces, and no shell takes it apart. Write the program as "command" and each further word as one of "args".',
  );
}

/** The stateless revision has no HTTP+SSE transport. */
function checkProtocol(
  entry: ServerEntry,
  transport: ServerConfig["transport"],
  fields: Fields,
  path: KeyPath,
  { faults }: Surroundings,
): void {
  if (transport !== "sse" || entry.protocol !== "stateless") return;
  const place = placeOf(fields, "protocol", path);
  faults.fault(
    place.offset,
    place.path,
    'must be "auto" or "session" for an sse server. A stateless server has "type": "http".',
  );
}

/** A number below this was most likely meant as seconds. */
const likelySecondsBelow = 1_000;

function checkStartup(entry: ServerEntry, fields: Fields, path: KeyPath, around: Surroundings): void {
  const { faults } = around;
  const delay = entry.startupDelayMs;
  const timeout = entry.startupTimeoutMs ?? serverDefaults.startupTimeoutMs;
  if (delay !== undefined && delay >= timeout && !isFaulty(fields, entry, "startupTimeoutMs")) {
    const place = placeOf(fields, "startupDelayMs", path);
    faults.fault(
      place.offset,
      place.path,
      `must be less than startupTimeoutMs, which is ${timeout}; found ${delay}.`,
    );
  }
  for (const key of ["timeoutMs", "startupTimeoutMs"] as const) {
    const value = entry[key];
    if (value === undefined || value >= likelySecondsBelow) continue;
    const place = placeOf(fields, key, path);
    faults.warn(
      place.offset,
      place.path,
      `is ${value} milliseconds. If seconds were meant, write ${value * 1000}.`,
    );
  }
}

function warnOfIdleOAuth(
  fields: Fields,
  headers: ServerConfig["headers"],
  path: KeyPath,
  { faults }: Surroundings,
): void {
  const field = fields.get("oauth");
  if (field === undefined || field.node.type !== "object" || !hasAuthorization(headers)) return;
  faults.warn(
    field.keyNode.offset,
    [...path, field.key],
    "has no effect beside an Authorization header. Keep one of them.",
  );
}
