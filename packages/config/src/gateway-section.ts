/** The `gateway` section of the file → settings with their defaults, or every fault it has. */
import { resolve } from "node:path";
import { describe, nodeAt, type Property } from "./document.ts";
import { Expander, expandHome, type Place, type Surroundings } from "./expander.ts";
import { checkFields, type Fields, readFields } from "./fields.ts";
import { GatewaySection, gatewayDefaults } from "./schema.ts";
import type { GatewaySettings } from "./types.ts";

const path = ["gateway"];

export function readGateway(property: Property | undefined, around: Surroundings): GatewaySettings {
  const { faults } = around;
  if (property !== undefined && property.value.type !== "object") {
    faults.fault(property.value.offset, path, `must be an object; found ${describe(property.value)}.`);
    return settingsOf({}, new Map(), around);
  }
  const fields: Fields =
    property === undefined
      ? new Map()
      : readFields(property.value, path, Object.keys(GatewaySection.properties), faults);
  return settingsOf(checkFields(GatewaySection, fields, path, faults), fields, around);
}

function settingsOf(section: GatewaySection, fields: Fields, around: Surroundings): GatewaySettings {
  const expander = new Expander(around, true);
  const at = (key: string): Place => ({ offset: fields.get(key)?.node.offset ?? 0, path: [...path, key] });
  const host = section.host === undefined ? undefined : expander.expand(section.host, at("host"));
  const token = section.token === undefined ? undefined : expander.expand(section.token, at("token"));
  const logs =
    section.logs?.directory === undefined
      ? undefined
      : expander.expand(section.logs.directory, logsPlace(fields));
  if (token !== undefined) checkToken(token, at("token"), around);
  return {
    host: host === undefined ? gatewayDefaults.host : checkHost(host, at("host"), around),
    port: section.port ?? gatewayDefaults.port,
    logLevel: section.logLevel ?? gatewayDefaults.logLevel,
    logDirectory: logDirectory(logs, around),
    separator: section.separator ?? gatewayDefaults.separator,
    workers: section.workers ?? gatewayDefaults.workers,
    token,
    allowedHosts: checkedHosts(section.allowedHosts ?? [], fields, around),
    allowedOrigins: checkedOrigins(section.allowedOrigins ?? [], fields, around),
    limits: {
      requestBytes: section.limits?.requestBytes ?? gatewayDefaults.requestBytes,
      sessions: section.limits?.sessions ?? gatewayDefaults.sessions,
      sessionIdleMs: section.limits?.sessionIdleMs ?? gatewayDefaults.sessionIdleMs,
    },
  };
}

function logsPlace(fields: Fields): Place {
  const node = fields.get("logs")?.node;
  return {
    offset: node === undefined ? 0 : nodeAt(node, ["directory"]).offset,
    path: [...path, "logs", "directory"],
  };
}

function logDirectory(configured: string | undefined, { environment, folder }: Surroundings): string {
  const own = environment["MCP_GATEWAY_LOG_DIR"];
  if (own !== undefined && own !== "") return resolve(own);
  return configured === undefined ? gatewayDefaults.logDirectory : resolve(folder, expandHome(configured));
}

function checkHost(text: string, place: Place, { faults }: Surroundings): string {
  const host = text.trim().replace(/^\[(.*)\]$/, "$1");
  if (host === "") faults.fault(place.offset, place.path, `is empty once its \${…} are put in.`);
  else if (/^[a-z][a-z0-9+.-]*:\/\//i.test(host) || /[/\s@]/.test(host)) {
    faults.fault(
      place.offset,
      place.path,
      "must be a name or an address alone, without http:// and path. Write, for example, 127.0.0.1.",
    );
  } else if (/^[^:]+:\d+$/.test(host)) {
    faults.fault(place.offset, place.path, 'must not have a port. Write the port as "port".');
  }
  return host;
}

/** Shorter ones can be guessed by trying. */
const tokenLengthGood = 16;

function checkToken(token: string, place: Place, { faults, secrets }: Surroundings): void {
  secrets.named("token", token);
  // The characters of a bearer token (RFC 6750 section 2.1).
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) {
    faults.fault(
      place.offset,
      place.path,
      "must be letters, digits and - . _ ~ + / only, as bearer tokens are, and not be empty.",
    );
  } else if (token.length < tokenLengthGood) {
    faults.warn(
      place.offset,
      place.path,
      `is short. Use ${tokenLengthGood} characters or more; openssl rand -hex 32 makes a good one.`,
    );
  }
}

function checkedHosts(hosts: readonly string[], fields: Fields, { faults }: Surroundings): readonly string[] {
  for (const [index, host] of hosts.entries()) {
    const place = itemPlace(fields, "allowedHosts", index);
    if (host.includes("*"))
      faults.fault(
        place.offset,
        place.path,
        "must be one name; * would let every name in. Write each name by itself.",
      );
    else if (!/^[^\s/@?#$,]+$/.test(host)) {
      faults.fault(
        place.offset,
        place.path,
        "must be a name alone, without http:// and path. Write, for example, gateway.example.com.",
      );
    }
  }
  return hosts.map((host) => host.toLowerCase());
}

function checkedOrigins(
  origins: readonly string[],
  fields: Fields,
  { faults }: Surroundings,
): readonly string[] {
  return origins.map((origin, index) => {
    const place = itemPlace(fields, "allowedOrigins", index);
    const bare = origin.replace(/\/$/, "").toLowerCase();
    if (origin.includes("*"))
      faults.fault(
        place.offset,
        place.path,
        "must be one origin; * would let every web page in. Write each origin by itself.",
      );
    else if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/@?#$,]+$/.test(bare)) {
      faults.fault(
        place.offset,
        place.path,
        "must be a scheme and a name. Write, for example, https://app.example.com.",
      );
    }
    return bare;
  });
}

function itemPlace(fields: Fields, key: string, index: number): Place {
  const node = fields.get(key)?.node;
  return { offset: node?.children?.[index]?.offset ?? node?.offset ?? 0, path: [...path, key, index] };
}
