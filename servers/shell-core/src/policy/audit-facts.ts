/** What is written down of a call: what was asked, and what came of it; never output, never a variable's value. */
import { resolve } from "node:path";
import { limits } from "@mcp-gateway/kit/limits";
import { StartFault } from "../start-fault.ts";
import { type AuditSettings, DryRun, PolicyFault } from "./policy.ts";

export interface AuditResult {
  readonly isError?: boolean | undefined;
  readonly structuredContent?: Readonly<Record<string, unknown>> | undefined;
  readonly content?: readonly { readonly type: string; readonly text?: unknown }[] | undefined;
}

type Facts = Readonly<Record<string, unknown>>;

/** @param ownCwd where a command runs that names no folder */
export function askedOf(given: unknown, commands: AuditSettings["commands"], ownCwd: string): Facts {
  if (typeof given !== "object" || given === null) return { arguments: given, cwd: ownCwd };
  const facts = new Map<string, unknown>(Object.entries(given));
  const cwd = facts.get("cwd");
  // Values may be secrets; which variables were set is no secret.
  if (facts.has("env")) facts.set("env", namesIn(facts.get("env")));
  const command = facts.get("command");
  if (commands === "hash" && typeof command === "string") {
    facts.delete("command");
    facts.set("commandSha256", new Bun.CryptoHasher("sha256").update(command).digest("hex"));
    facts.set("commandBytes", Buffer.byteLength(command));
  }
  return {
    cwd: typeof cwd === "string" ? resolve(ownCwd, cwd) : ownCwd,
    arguments: Object.fromEntries(facts),
  };
}

function namesIn(env: unknown): unknown {
  return typeof env === "object" && env !== null ? Object.keys(env) : "(no object)";
}

const kept = [
  "exitCode",
  "signal",
  "timedOut",
  "cancelled",
  "interrupted",
  "stdoutBytes",
  "stderrBytes",
  "totalBytes",
  "leftRunning",
  "session",
  "job",
  "state",
  "cwd",
] as const;

/** A reason may quote the command, so where only its hash is written there is none; a dry run's is the command. */
export function outcomeOf(result: AuditResult | Error, commands: AuditSettings["commands"]): Facts {
  if (result instanceof Error) {
    const outcome = outcomeOfError(result);
    return { outcome, ...reasonOf(outcome === "dry-run" ? undefined : result.message, commands) };
  }
  const { structuredContent: facts, isError = false } = result;
  if (facts === undefined) {
    const text = result.content?.find(({ type }) => type === "text")?.text;
    return { outcome: isError ? "not-run" : "done", ...reasonOf(isError ? text : undefined, commands) };
  }
  const entries = kept.filter((name) => facts[name] !== undefined).map((name) => [name, facts[name]]);
  return { outcome: isError ? "failed" : "done", ...Object.fromEntries(entries) };
}

function reasonOf(text: unknown, commands: AuditSettings["commands"]): Facts {
  if (typeof text !== "string" || commands === "hash") return {};
  return { reason: text.slice(0, limits.shellAuditReasonCharsMax) };
}

function outcomeOfError(error: Error): string {
  if (error instanceof DryRun) return "dry-run";
  if (error instanceof PolicyFault) return "refused";
  return error instanceof StartFault ? "not-run" : "error";
}
