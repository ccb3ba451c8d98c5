/** Keys and words of other programs' configurations, so that entries can be pasted as they are. */
import { describe, type Node } from "./document.ts";
import type { Faults, KeyPath } from "./fault.ts";
import type { Field } from "./fields.ts";
import { translateOAuth } from "./oauth-section.ts";

/** What others write for our words. The published schema lists these too, as deprecated. */
export const typeAliases: ReadonlyMap<string, string> = new Map([
  ["streamable-http", "http"],
  ["streamableHttp", "http"],
  ["streamable_http", "http"],
  ["streamablehttp", "http"],
]);

export const keyAliases: ReadonlyMap<string, string> = new Map([
  ["disabled", "Same as `enabled`, the other way round."],
  ["transport", "Same as `type`."],
  ["serverUrl", "Same as `url`."],
  ["httpUrl", "Same as `url`, with `type` `http`."],
  ["auth", "Same as `oauth`, as Cursor writes it: `CLIENT_ID`, `CLIENT_SECRET`, `scopes`."],
]);

/** Known elsewhere and harmless to leave aside. */
export const silentKeys = [
  "autoApprove",
  "alwaysAllow",
  "description",
  "name",
  "icon",
  "$comment",
  "trust",
  "gallery",
  "version",
  "dev",
];

/** Known elsewhere, and somebody may count on it: said aloud that it does nothing here. */
export const idleKeys: ReadonlyMap<string, string> = new Map([
  ["timeout", "Write timeoutMs, in milliseconds."],
  ["tools", "Every tool of the server is passed on."],
  ["includeTools", "Every tool of the server is passed on."],
  ["excludeTools", "Every tool of the server is passed on."],
  ["enabledTools", "Every tool of the server is passed on."],
  ["disabledTools", "Every tool of the server is passed on."],
  ["envFile", "Write env, or start the gateway with these variables."],
]);

/** All foreign keys that `translate` takes. */
export const foreignKeys: readonly string[] = [...keyAliases.keys(), ...silentKeys, ...idleKeys.keys()];

/** Puts our own keys in place of foreign ones; `fields` is changed. */
export function translate(fields: Map<string, Field>, path: KeyPath, faults: Faults): void {
  for (const key of silentKeys) fields.delete(key);
  for (const [key, advice] of idleKeys) {
    const field = fields.get(key);
    if (field === undefined) continue;
    faults.warn(field.keyNode.offset, [...path, key], `has no effect here. ${advice}`);
    fields.delete(key);
  }
  translateTransport(fields, path, faults);
  translateAddress(fields, path, faults);
  translateDisabled(fields, path, faults);
  move(fields, "auth", "oauth", path, faults);
  translateOAuth(fields, path, faults);
}

function translateTransport(fields: Map<string, Field>, path: KeyPath, faults: Faults): void {
  for (const key of ["type", "transport"]) {
    const field = fields.get(key);
    const word = typeof field?.value === "string" ? typeAliases.get(field.value) : undefined;
    if (field !== undefined && word !== undefined) fields.set(key, { ...field, value: word });
  }
  move(fields, "transport", "type", path, faults);
}

function translateAddress(fields: Map<string, Field>, path: KeyPath, faults: Faults): void {
  const http = fields.get("httpUrl");
  if (http !== undefined && !fields.has("type")) fields.set("type", { ...http, value: "http" });
  move(fields, "serverUrl", "url", path, faults);
  move(fields, "httpUrl", "url", path, faults);
}

function translateDisabled(fields: Map<string, Field>, path: KeyPath, faults: Faults): void {
  const field = fields.get("disabled");
  if (field === undefined) return;
  if (typeof field.value !== "boolean") {
    fields.delete("disabled");
    faults.fault(
      field.node.offset,
      [...path, "disabled"],
      `must be true or false; found ${describe(field.node)}.`,
    );
    return;
  }
  fields.set("disabled", { ...field, value: !field.value });
  move(fields, "disabled", "enabled", path, faults);
}

function move(fields: Map<string, Field>, from: string, to: string, path: KeyPath, faults: Faults): void {
  const field = fields.get(from);
  if (field === undefined) return;
  fields.delete(from);
  const own = fields.get(to);
  if (own === undefined) fields.set(to, field);
  else if (!isSame(own, field)) {
    faults.fault(
      field.keyNode.offset,
      [...path, from],
      `says something else than "${own.key}" at ${faults.placeOf(own.node.offset)}. Keep "${to}" only.`,
    );
  }
}

function isSame(a: Field, b: Field): boolean {
  return a.value === b.value && isScalar(a.node) && isScalar(b.node);
}

function isScalar(node: Node): boolean {
  return node.type !== "object" && node.type !== "array";
}
