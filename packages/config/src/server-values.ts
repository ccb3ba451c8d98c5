/** Address, headers and environment of a server entry, once their `${…}` are put in. */

import { properties } from "./document.ts";
import type { Expander, Place, Surroundings } from "./expander.ts";
import type { Field } from "./fields.ts";

/** False when it is no address to connect to; the fault is noted. What it holds is not repeated: it may be secret. */
export function checkUrl(text: string, place: Place, around: Surroundings): boolean {
  const { faults, secrets } = around;
  const refuse = (message: string): false => {
    faults.fault(place.offset, place.path, message);
    return false;
  };
  if (!URL.canParse(text) || /\s/.test(text)) {
    const advice = /^[\w.-]+(:\d+)?(\/|$)/.test(text)
      ? " Write http:// or https:// before it."
      : " Write, for example, http://127.0.0.1:8080/mcp.";
    return refuse(`must be an http or https address.${advice}`);
  }
  const url = new URL(text);
  if (url.protocol === "ws:" || url.protocol === "wss:")
    return refuse("is a WebSocket address, and those are not supported. Use the server's http address.");
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    const isBare = /^[\w.-]+:\d/.test(text);
    return refuse(
      `must be an http or https address.${isBare ? " Write http:// or https:// before it." : ""}`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    secrets.named("password", decode(url.password));
    return refuse(
      `has a user name or password in it, which would show up in logs. Write "headers": { "Authorization": "Basic \${…}" } instead.`,
    );
  }
  secrets.inUrl(url);
  return true;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Not percent-encoded: it stands for itself.
  }
}

export function expandEnvironment(
  env: Readonly<Record<string, string>>,
  field: Field | undefined,
  place: Place,
  expander: Expander,
  around: Surroundings,
): Record<string, string> {
  const entries: [string, string][] = [];
  for (const [name, text, at] of entriesOf(env, field, place)) {
    if (!/^[^=\p{Cc}\p{Zl}\p{Zp}]+$/u.test(name)) {
      around.faults.fault(
        at.key,
        at.path,
        name === ""
          ? "is a variable without a name."
          : "is no name for a variable: it has = or a control character in it.",
      );
      continue;
    }
    const value = expander.expand(text, { offset: at.value, path: at.path });
    if (value === undefined) continue;
    around.secrets.named(name, value);
    entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}

/** These say how the protocol itself is spoken; a second opinion would break it. */
const ownHeaders = new Set([
  "accept",
  "connection",
  "content-length",
  "content-type",
  "last-event-id",
  "mcp-protocol-version",
  "mcp-session-id",
  "transfer-encoding",
]);

export function expandHeaders(
  headers: Readonly<Record<string, string>>,
  field: Field | undefined,
  place: Place,
  expander: Expander,
  around: Surroundings,
): Record<string, string> {
  const { faults, secrets } = around;
  const entries = new Map<string, [string, string]>();
  for (const [name, text, at] of entriesOf(headers, field, place)) {
    const lower = name.toLowerCase();
    const twin = entries.get(lower);
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      faults.fault(at.key, at.path, "is no name for an HTTP header. Use letters, digits and -.");
    } else if (ownHeaders.has(lower)) {
      faults.warn(at.key, at.path, "has no effect: the gateway sets this header itself.");
    } else if (twin !== undefined) {
      faults.fault(
        at.key,
        at.path,
        `is the same header as "${twin[0]}": case makes no difference. Keep one of them.`,
      );
    } else {
      const value = expander.expand(text, { offset: at.value, path: at.path })?.trim();
      if (value === undefined) continue;
      // Field values are visible ASCII, spaces and tabs (RFC 9110 section 5.5).
      if (!/^[\t\x20-\x7e]*$/.test(value))
        faults.fault(
          at.value,
          at.path,
          "has a character that HTTP headers can't carry, such as a line end or an accented letter.",
        );
      secrets.named(name, value);
      entries.set(lower, [name, value]);
    }
  }
  return Object.fromEntries(entries.values());
}

interface EntryPlace {
  readonly key: number;
  readonly value: number;
  readonly path: Place["path"];
}

function entriesOf(
  values: Readonly<Record<string, string>>,
  field: Field | undefined,
  place: Place,
): (readonly [string, string, EntryPlace])[] {
  const nodes = new Map(
    (field === undefined ? [] : properties(field.node)).map((property) => [property.key, property]),
  );
  return Object.entries(values).map(([name, text]) => {
    const property = nodes.get(name);
    const at = {
      key: property?.keyNode.offset ?? place.offset,
      value: property?.value.offset ?? place.offset,
      path: [...place.path, name],
    };
    return [name, text, at] as const;
  });
}
