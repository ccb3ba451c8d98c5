/** What changed between two reports, as short lines for people. Calls are never among them. */
import { type BackendFault, type ServerStatus, type StatusReport, tellingLines } from "@mcp-gateway/contract";
import { limits } from "@mcp-gateway/kit/limits";
import { plainText } from "@mcp-gateway/kit/terminal-text";
import { withCommandLines } from "./command-line.ts";
import { counted, offerOf, retryText } from "./server-lines.ts";

export type EventTone = "success" | "info" | "warn" | "error";

export interface ConsoleEvent {
  readonly tone: EventTone;
  /** `server:<name>`, `supervisor`, `config`, `sessions`: events of one subject replace or repeat each other. */
  readonly subject: string;
  /** Equal for events that say the same again; see ConsoleView. */
  readonly key: string;
  readonly text: string;
  /** What to do, or the faults one by one: shown below, indented. */
  readonly more: readonly string[];
}

/** @param nowMs Unix milliseconds, for "retry in" */
export function eventsBetween(before: StatusReport, after: StatusReport, nowMs: number): ConsoleEvent[] {
  return [
    ...supervisorEvents(before, after),
    ...configEvents(before, after),
    ...serversEvents(before, after, nowMs),
    ...sessionEvents(before, after),
  ];
}

function supervisorEvents(before: StatusReport, after: StatusReport): ConsoleEvent[] {
  const was = before.supervisor;
  const is = after.supervisor;
  if (was.connected && !is.connected) {
    const more = ["Sessions stay open; calls fail until it is back. It is restarted by itself."];
    return [event("error", "supervisor", "lost", "supervisor lost", more)];
  }
  if (!was.connected && is.connected) return [event("success", "supervisor", "back", "supervisor connected")];
  if (was.pid !== is.pid && was.pid !== null && is.pid !== null) {
    return [event("warn", "supervisor", `pid ${is.pid}`, "supervisor was restarted")];
  }
  return [];
}

function configEvents(before: StatusReport, after: StatusReport): ConsoleEvent[] {
  const faults = after.config.faults;
  if (faults.length > 0) {
    if (sameList(faults, before.config.faults)) return [];
    const text = `configuration rejected, the one before stays in force (${counted(faults.length, "fault")})`;
    return [event("error", "config", `faults ${faults.join("\n")}`, text, faults.map(plainText))];
  }
  if (before.config.faults.length > 0 && after.config.revision === before.config.revision) {
    return [event("success", "config", "mended", "configuration is valid again")];
  }
  // Revision 0 is "none yet": the first one belongs to the start, which the panel tells about.
  if (after.config.revision === before.config.revision || before.config.revision === 0) return [];
  return [event("success", "config", `revision ${after.config.revision}`, "configuration reloaded")];
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function serversEvents(before: StatusReport, after: StatusReport, nowMs: number): ConsoleEvent[] {
  const known = new Map(before.servers.map((server) => [server.name, server]));
  const events: ConsoleEvent[] = [];
  for (const server of after.servers) {
    const was = known.get(server.name);
    known.delete(server.name);
    events.push(...(was === undefined ? addedEvents(server, nowMs) : serverEvents(was, server, nowMs)));
  }
  for (const name of known.keys()) events.push(serverEvent("info", name, "removed", "removed"));
  return events;
}

function addedEvents(server: ServerStatus, nowMs: number): ConsoleEvent[] {
  if (server.state === "ready") return [readyEvent(server, false)];
  if (server.fault !== null) return [failureEvent(server, server.fault, false, nowMs)];
  const quiet = quietChange(server, false);
  return quiet.length > 0 ? quiet : [serverEvent("info", server.name, "added", "added")];
}

function serverEvents(was: ServerStatus, is: ServerStatus, nowMs: number): ConsoleEvent[] {
  const events: ConsoleEvent[] = [];
  const wasReady = was.state === "ready";
  if (is.state === "ready") {
    if (!wasReady) events.push(readyEvent(is, was.fault !== null || is.restarts > was.restarts));
    else if (is.restarts > was.restarts) events.push(readyEvent(is, true));
    else if (offerOf(was) !== offerOf(is)) {
      events.push(
        serverEvent(
          "info",
          is.name,
          `offer ${offerOf(is)}`,
          `now offers ${offerOf(is)} (was ${offerOf(was)})`,
        ),
      );
    }
  } else if (is.fault !== null && (wasReady || isNews(was, is))) {
    events.push(failureEvent(is, is.fault, wasReady, nowMs));
  } else if (wasReady || was.state !== is.state) {
    events.push(...quietChange(is, wasReady));
  }
  for (const warning of is.warnings) {
    if (!was.warnings.includes(warning))
      events.push(serverEvent("warn", is.name, warning, plainText(warning)));
  }
  return events;
}

/** Another fault, or the same once more and now it is given up for a while. */
function isNews(was: ServerStatus, is: ServerStatus): boolean {
  return faultKey(was.fault) !== faultKey(is.fault) || (is.state === "failed" && was.state !== "failed");
}

/** A change that nobody is to blame for: somebody asked for it, or the server is being started again. */
function quietChange(is: ServerStatus, wasReady: boolean): ConsoleEvent[] {
  const note = is.note === "" ? "" : `: ${plainText(is.note)}`;
  switch (is.state) {
    case "stopped":
    case "disabled":
    case "skipped":
      return [serverEvent("info", is.name, is.state, `${is.state}${note}`)];
    case "failed":
      return [serverEvent("error", is.name, is.state, `failed${note}`)];
    case "backing-off":
    case "starting":
      return wasReady ? [serverEvent("info", is.name, "restarting", `restarting${note}`)] : [];
    default:
      return [];
  }
}

function readyEvent(server: ServerStatus, isBack: boolean): ConsoleEvent {
  return serverEvent(
    "success",
    server.name,
    "ready",
    `${isBack ? "recovered" : "ready"}: ${offerOf(server)}`,
  );
}

function failureEvent(
  server: ServerStatus,
  fault: BackendFault,
  wasReady: boolean,
  nowMs: number,
): ConsoleEvent {
  const gaveUp = server.state === "failed";
  const what = wasReady ? "lost" : gaveUp ? "failed" : "not started";
  const retry = retryText(server.nextTryAt, nowMs);
  const reason = `${plainText(fault.stage)}: ${plainText(fault.message)}`;
  const text = `${what}: ${retry === "" ? reason : `${reason.replace(/\.$/, "")}; ${retry}`}`;
  const said = tellingLines(fault.stderrTail, limits.consoleStderrLines).map(plainText);
  const more = [
    ...said.map((line) => `│ ${line}`),
    ...(fault.remedy === "" ? [] : [`→ ${plainText(withCommandLines(fault.remedy))}`]),
  ];
  // Giving up is news even when the reason is the known one.
  return serverEvent(
    gaveUp ? "error" : "warn",
    server.name,
    `${gaveUp ? "failed " : ""}${faultKey(fault)}`,
    text,
    more,
  );
}

/** Two faults with one key say the same again, at another time. */
function faultKey(fault: BackendFault | null): string {
  return fault === null ? "" : `${fault.stage}: ${fault.message}`;
}

function sessionEvents(before: StatusReport, after: StatusReport): ConsoleEvent[] {
  const was = before.sessions.streamable + before.sessions.sse;
  const is = after.sessions.streamable + after.sessions.sse;
  if (was === is) return [];
  return [
    event(
      "info",
      "sessions",
      String(is),
      is === 0 ? "no client connected" : `${counted(is, "client")} connected`,
    ),
  ];
}

function serverEvent(
  tone: EventTone,
  name: string,
  key: string,
  text: string,
  more: readonly string[] = [],
): ConsoleEvent {
  return event(tone, `server:${name}`, key, `${plainText(name)} ${text}`, more);
}

function event(
  tone: EventTone,
  subject: string,
  key: string,
  text: string,
  more: readonly string[] = [],
): ConsoleEvent {
  return { tone, subject, key, text, more };
}
