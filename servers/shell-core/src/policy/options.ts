/** The policy, from the options of a server. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { messageOf } from "@mcp-gateway/kit/errors";
import { limits } from "@mcp-gateway/kit/limits";
import type { OptionTable, OptionValues } from "../option-values.ts";
import { type CommandRule, commandRule } from "./command-rules.ts";
import type { AuditSettings, PolicyUser, ShellPolicy } from "./policy.ts";

export const policyOptions = {
  allow: { kind: "list" },
  deny: { kind: "list" },
  "cwd-within": { kind: "list" },
  "env-pass": { kind: "list" },
  "env-block": { kind: "list" },
  user: { kind: "text" },
  "read-only": { kind: "flag" },
  writable: { kind: "list" },
  "dry-run": { kind: "flag" },
  audit: { kind: "text" },
  "audit-commands": { kind: "text" },
  "audit-bytes": {
    kind: "number",
    byDefault: limits.shellAuditBytesMax,
    min: limits.shellAuditBytesFloor,
    max: limits.shellAuditBytesCeiling,
  },
  "audit-files": {
    kind: "number",
    byDefault: limits.shellAuditFilesMax,
    min: 1,
    max: limits.shellAuditFilesCeiling,
  },
} as const satisfies OptionTable;

/** @returns undefined when something is wrong; `values` then has the faults */
export function readPolicy(values: OptionValues): ShellPolicy | undefined {
  const isReadOnly = values.flag("read-only");
  const writable = folders(values, "writable");
  const policy: ShellPolicy = {
    allow: rules(values, "allow"),
    deny: rules(values, "deny"),
    cwdWithin: folders(values, "cwd-within"),
    envPass: values.isGiven("env-pass") ? bounded(values, "env-pass") : undefined,
    envBlock: bounded(values, "env-block"),
    user: user(values),
    isReadOnly,
    writable,
    isDryRun: values.flag("dry-run"),
    audit: audit(values),
  };
  if (!isReadOnly && writable.length > 0)
    values.fault("--writable says what stays writable under --read-only, which is not given.");
  if (writable.includes("/")) values.fault("--writable / would make --read-only say what is not so.");
  return values.faults.length > 0 ? undefined : policy;
}

function bounded(values: OptionValues, name: string): readonly string[] {
  const list = values.list(name);
  if (list.length > limits.shellPolicyEntriesMax)
    values.fault(`--${name} has ${list.length} entries; at most ${limits.shellPolicyEntriesMax} are taken.`);
  if (list.some((entry) => entry.trim() === "")) values.fault(`--${name} has an empty entry.`);
  return list;
}

function rules(values: OptionValues, name: string): readonly CommandRule[] {
  return bounded(values, name).map(commandRule);
}

function folders(values: OptionValues, name: string): readonly string[] {
  return bounded(values, name).flatMap((path) => {
    try {
      const real = realpathSync(resolve(path));
      if (statSync(real).isDirectory()) return [real];
      values.fault(`--${name} ${path} is no folder.`);
    } catch (cause) {
      values.fault(`--${name} ${path} can't be used: ${messageOf(cause)}`);
    }
    return [];
  });
}

function audit(values: OptionValues): AuditSettings | undefined {
  const bytesMax = values.number("audit-bytes");
  const filesMax = values.number("audit-files");
  const commands = values.text("audit-commands") ?? "full";
  if (commands !== "full" && commands !== "hash") {
    values.fault(`--audit-commands must be full or hash, ${JSON.stringify(commands)} was given.`);
    return undefined;
  }
  const path = values.text("audit");
  if (path === undefined) return undefined;
  if (path === "") values.fault("--audit needs the path of a file.");
  return { path: isAbsolute(path) ? path : resolve(path), bytesMax, filesMax, commands };
}

function user(values: OptionValues): PolicyUser | undefined {
  const name = values.text("user");
  if (name === undefined) return undefined;
  if (process.platform === "win32") {
    values.fault("--user needs Linux. On Windows start the server itself as that user.");
    return undefined;
  }
  try {
    const found = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .find(([known, , uid]) => known === name || uid === name);
    if (found !== undefined) return userOf(found);
    values.fault(`--user ${name} is not in /etc/passwd.`);
  } catch (cause) {
    values.fault(`--user ${name} can't be looked up: ${messageOf(cause)}`);
  }
  return undefined;
}

/** A line of passwd(5): name, password, uid, gid, comment, home, shell. */
function userOf([name = "", , uid = "", gid = "", , home = "", shell = ""]: readonly string[]): PolicyUser {
  return { name, uid: Number(uid), gid: Number(gid), home: home || "/", shell: shell || "/bin/sh" };
}
