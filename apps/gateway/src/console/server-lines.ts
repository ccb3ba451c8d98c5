/** One line a server: name, transport, state, and what matters about it now. */
import type { ServerStatus } from "@mcp-gateway/contract";
import { displayWidth, fitText, padText, plainText } from "@mcp-gateway/kit/terminal-text";
import { isSettled } from "../admin/view.ts";
import { commandLine } from "./command-line.ts";
import { bounded, dim, type Line, type Tone } from "./panel.ts";

const nameWidthMax = 24;

/** @param nowMs Unix milliseconds, for "retry in" */
export function serverLines(
  servers: readonly ServerStatus[],
  width: number,
  nowMs: number,
  max?: number,
): Line[] {
  const nameWidth = Math.min(
    nameWidthMax,
    Math.max(4, ...servers.map(({ name }) => displayWidth(plainText(name)))),
  );
  const more = (count: number): Line => dim(`  … and ${count} more: ${commandLine("status")}`, width);
  // When not all of them fit, those that need a look are the ones to show.
  const isCut = max !== undefined && servers.length > max;
  const ordered = isCut ? [...servers].sort((a, b) => urgency(a) - urgency(b)) : servers;
  return bounded(ordered, (server) => [serverLine(server, nameWidth, width, nowMs)], more, max);
}

function urgency(server: ServerStatus): number {
  return toneOf(server) === "bad" ? 0 : toneOf(server) === "busy" ? 1 : 2;
}

function serverLine(server: ServerStatus, nameWidth: number, width: number, nowMs: number): Line {
  const tone = toneOf(server);
  const name = padText(fitText(plainText(server.name), nameWidth), nameWidth);
  const head = `  ${symbols[tone]} ${name}  ${padText(server.transport, 5)}  ${padText(server.state, 11)}`;
  return { text: fitText(`${head}  ${detailOf(server, nowMs)}`.trimEnd(), width), tone };
}

const symbols: Readonly<Record<Tone, string>> = {
  good: "✔",
  bad: "✖",
  busy: "…",
  dim: "-",
  plain: " ",
  title: " ",
};

export function toneOf(server: Pick<ServerStatus, "state" | "fault">): Tone {
  if (server.state === "ready") return "good";
  if (server.state === "disabled" || server.state === "skipped" || server.state === "stopped") return "dim";
  return server.fault !== null || server.state === "failed" ? "bad" : "busy";
}

function detailOf(server: ServerStatus, nowMs: number): string {
  if (server.state === "ready") return offerOf(server);
  if (server.fault !== null) {
    const retry = retryText(server.nextTryAt, nowMs);
    return `${retry === "" ? "" : `${retry}; `}${plainText(server.fault.stage)}: ${plainText(server.fault.message)}`;
  }
  return plainText(server.note);
}

/** `12 tools, 3 prompts` */
export function offerOf(
  server: Pick<ServerStatus, "tools" | "resources" | "resourceTemplates" | "prompts">,
): string {
  const parts = [counted(server.tools, "tool")];
  if (server.resources > 0) parts.push(counted(server.resources, "resource"));
  if (server.resourceTemplates > 0) parts.push(counted(server.resourceTemplates, "resource template"));
  if (server.prompts > 0) parts.push(counted(server.prompts, "prompt"));
  return parts.join(", ");
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `retry in 4s`; empty when none is planned. */
export function retryText(nextTryAt: number | null, nowMs: number): string {
  if (nextTryAt === null) return "";
  const seconds = Math.max(0, Math.ceil((nextTryAt - nowMs) / 1_000));
  if (seconds === 0) return "retrying now";
  return seconds < 120 ? `retry in ${seconds}s` : `retry in ${Math.round(seconds / 60)} min`;
}

/** Each enabled server has come up or has said why not. */
export function areSettled(servers: readonly ServerStatus[]): boolean {
  return servers.every((server) => isSettled(server.state, server.fault !== null));
}
