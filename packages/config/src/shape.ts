/**
 * Tells the accepted shapes apart. The rule: a *server entry* is an object with `command`, `url`, `serverUrl`,
 * `httpUrl`, `type` or `transport` set to a string.
 * If `mcpServers` (or VS Code's `servers`) is at the top and is no server entry, it holds the servers and the
 * other top-level keys are settings. Otherwise every top-level key is a server, except `$schema`, and
 * `gateway` when it is no server entry. So a server may have any name, `gateway` and `servers` included.
 */
import { limits } from "@mcp-gateway/kit";
import { describe, type Node, type Property, properties } from "./document.ts";
import { type Faults, formatPath, type KeyPath } from "./fault.ts";
import { unknownKey } from "./fields.ts";
import { nearest } from "./suggest.ts";

export interface Shape {
  readonly gateway: Property | undefined;
  readonly servers: readonly Property[];
  /** Where the servers stand: empty for the flat shape. */
  readonly path: KeyPath;
}

const containers = ["mcpServers", "servers"] as const;
const entryKeys = new Set(["command", "url", "serverUrl", "httpUrl", "type", "transport"]);

export function readShape(root: Node, faults: Faults): Shape {
  const nothing: Shape = { gateway: undefined, servers: [], path: [] };
  if (root.type !== "object") {
    faults.fault(
      root.offset,
      [],
      `must be an object at the top; found ${describe(root)}. Write { "mcpServers": { … } }.`,
    );
    return nothing;
  }
  const top = lastOfEach(properties(root));
  const found = containers.map((key) =>
    top.find((property) => property.key === key && !isEntry(property.value)),
  );
  const [container, second] = found.filter((property) => property !== undefined);
  if (container === undefined) return flat(top, faults);
  if (second !== undefined) {
    faults.fault(
      second.keyNode.offset,
      [second.key],
      `is a second list of servers beside "${container.key}". Put all servers into "${container.key}".`,
    );
  }
  return wrapped(top, container, faults);
}

/** Equal keys are reported by the document; the last one is in force, as in every JSON parser. */
function lastOfEach(list: readonly Property[]): readonly Property[] {
  return [...new Map(list.map((property) => [property.key, property])).values()];
}

function isEntry(node: Node): boolean {
  return properties(node).some(({ key, value }) => entryKeys.has(key) && value.type === "string");
}

function wrapped(top: readonly Property[], container: Property, faults: Faults): Shape {
  let gateway: Property | undefined;
  for (const property of top) {
    const { key, keyNode, value } = property;
    if (key === "gateway") gateway = property;
    else if (key === "$schema") checkSchemaKey(property, faults);
    else if (key === "inputs") {
      faults.warn(
        keyNode.offset,
        [key],
        `is used by editors only: nobody is asked for a value here. Set environment variables and write \${NAME}.`,
      );
    } else if (isEntry(value) || !containers.some((name) => name === key)) {
      const entry = isEntry(value) ? ` A server belongs into "${container.key}".` : "";
      faults.fault(
        keyNode.offset,
        [key],
        entry === "" ? unknownKey(key, ["$schema", "gateway", "mcpServers"]) : `is not a known key.${entry}`,
      );
    }
  }
  const { key, value } = container;
  if (value.type !== "object") {
    faults.fault(
      value.offset,
      [key],
      `must be an object of servers; found ${describe(value)}. Write { "<name>": { "command": … } }.`,
    );
  }
  return { gateway, servers: bounded(lastOfEach(properties(value)), [key], faults), path: [key] };
}

function flat(top: readonly Property[], faults: Faults): Shape {
  let gateway: Property | undefined;
  const servers: Property[] = [];
  for (const property of top) {
    const { key, keyNode, value } = property;
    if (key === "$schema") checkSchemaKey(property, faults);
    else if (key === "gateway" && !isEntry(value)) gateway = property;
    else if (isMisnamedContainer(property)) {
      faults.fault(keyNode.offset, [key], 'looks like a list of servers. Did you mean "mcpServers"?');
    } else servers.push(property);
  }
  return { gateway, servers: bounded(servers, [], faults), path: [] };
}

/** `mcpserver`, `mcp_servers`, `context_servers`: an object of nothing but server entries. */
function isMisnamedContainer({ key, value }: Property): boolean {
  const inner = properties(value);
  if (isEntry(value)) return false;
  if (inner.length > 0) return inner.every((property) => isEntry(property.value));
  return nearest(key, containers) !== undefined && value.type === "object";
}

function checkSchemaKey({ key, value }: Property, faults: Faults): void {
  if (value.type !== "string")
    faults.fault(value.offset, [key], `must be a string; found ${describe(value)}.`);
}

/** Names show up in addresses, logs and tool names, so what can't be read or typed there is refused. */
function bounded(servers: readonly Property[], path: KeyPath, faults: Faults): readonly Property[] {
  if (servers.length > limits.backendsMax) {
    const extra = servers[limits.backendsMax];
    faults.fault(
      extra?.keyNode.offset ?? 0,
      path,
      `has ${servers.length} servers; at most ${limits.backendsMax} are possible.`,
    );
  }
  const seen = new Map<string, string>();
  for (const { key, keyNode } of servers) {
    const message = nameFault(key);
    if (message !== undefined) faults.fault(keyNode.offset, [...path, key], message);
    const normal = key.normalize("NFC");
    const twin = seen.get(normal);
    if (twin !== undefined && twin !== key) {
      faults.fault(
        keyNode.offset,
        [...path, key],
        `looks the same as ${formatPath([twin])}, written with other characters. Choose another name.`,
      );
    }
    seen.set(normal, key);
  }
  return servers.slice(0, limits.backendsMax);
}

function nameFault(name: string): string | undefined {
  const advice = "Use letters, digits, - and _.";
  if (name.trim() === "") return `has an empty name. ${advice}`;
  if (name !== name.trim()) return `has a space at an end of its name. ${advice}`;
  if ([...name].length > limits.serverNameCharactersMax)
    return `has a name longer than ${limits.serverNameCharactersMax} characters.`;
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(name)) return `has an invisible character in its name. ${advice}`;
  if (/[/\\]/.test(name)) return `has a slash in its name, which separates server and tool. ${advice}`;
  if (/^\.+$/.test(name)) return `has a name of dots only. ${advice}`;
  return undefined;
}
