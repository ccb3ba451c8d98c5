/** How a server is spoken to, and whether the rest of its entry fits that. */
import type { Faults, KeyPath } from "./fault.ts";
import type { Fields } from "./fields.ts";
import type { ServerConfig } from "./types.ts";

type Transport = ServerConfig["transport"];

export interface TransportQuestion {
  readonly fields: Fields;
  /** Undefined when left out, or when it was faulty. */
  readonly type: Transport | undefined;
  /** Expanded and usable, if there is one. */
  readonly url: string | undefined;
  readonly path: KeyPath;
  /** Where the entry itself is named. */
  readonly offset: number;
}

/** Undefined when it can't be told; the fault that keeps it from being told is noted. */
export function decideTransport(question: TransportQuestion, faults: Faults): Transport | undefined {
  const { fields, type, url, path, offset } = question;
  const hasUrl = fields.has("url");
  if (fields.has("type") && type === undefined) return undefined;
  if (type === "stdio" && hasUrl) {
    const field = fields.get("url");
    faults.fault(
      field?.keyNode.offset ?? offset,
      [...path, field?.key ?? "url"],
      'has no place in a stdio server. Remove it, or write "type": "http" or "type": "sse".',
    );
    return undefined;
  }
  if (type === "stdio" && !fields.has("command")) {
    faults.fault(offset, path, 'is a stdio server and needs "command", the program to start.');
    return undefined;
  }
  if (type === "stdio") return type;
  if (type !== undefined) {
    if (!hasUrl) {
      faults.fault(
        offset,
        path,
        `is ${type === "sse" ? "an sse" : "an http"} server and needs "url", its address.`,
      );
      return undefined;
    }
    return type;
  }
  if (hasUrl) return url === undefined ? undefined : guess(url);
  if (fields.has("command")) return "stdio";
  faults.fault(offset, path, 'needs "command" (a program to start) or "url" (an address to connect to).');
  return undefined;
}

/** The path that nearly every SSE server has; Streamable HTTP is the rule for the others. */
export function guess(url: string): Transport {
  return /\/sse\/?$/i.test(url.replace(/[?#].*$/s, "")) ? "sse" : "http";
}

const programKeys = ["args", "env", "inheritEnv", "cwd", "restart", "startupDelayMs"];

/** Harmless, but somebody meant something by it. */
export function warnOfIdleKeys(fields: Fields, transport: Transport, path: KeyPath, faults: Faults): void {
  const isLocal = fields.has("command");
  const idle = transport === "stdio" ? ["headers", "oauth", "startupDelayMs"] : isLocal ? [] : programKeys;
  const reason =
    transport === "stdio" ? "on a stdio server" : "without command: the gateway starts nothing here";
  for (const key of idle) {
    const field = fields.get(key);
    const isEmpty =
      typeof field?.value === "object" && field.value !== null && Object.keys(field.value).length === 0;
    if (field !== undefined && !isEmpty && field.value !== 0)
      faults.warn(field.keyNode.offset, [...path, key], `has no effect ${reason}.`);
  }
}
