/** What the gateway offers, once all servers have come up or failed. */
import { type ServerStatus, type StatusReport, type ToolReport, tellingLines } from "@mcp-gateway/contract";
import { limits } from "@mcp-gateway/kit";
import { displayWidth, firstLine, fitText, padText, plainText } from "@mcp-gateway/kit/terminal-text";
import { commandLine, withCommandLines } from "./command-line.ts";
import { blank, bounded, dim, type Line, title } from "./panel.ts";
import { counted, serverLines, toneOf } from "./server-lines.ts";

/** Names for people: `server/prompt`, and for resources their name. */
export interface OfferedNames {
  readonly resources: readonly string[];
  readonly prompts: readonly string[];
}

/** @param rowsMax in which addresses and faults are still seen; tools are left out for them, but for a few */
export function summaryPanel(
  status: StatusReport,
  tools: ToolReport["tools"],
  names: OfferedNames,
  width: number,
  nowMs: number,
  rowsMax = Number.POSITIVE_INFINITY,
): Line[] {
  const first = [
    title(headline(status.servers), width),
    blank,
    ...serverLines(status.servers, width, nowMs, limits.consoleLinesMax),
    ...remedyLines(status.servers, width),
  ];
  const last = [
    ...namesLines("Resources", sum(status.servers, "resources"), names.resources, width),
    ...namesLines("Resource templates", sum(status.servers, "resourceTemplates"), [], width),
    ...namesLines("Prompts", sum(status.servers, "prompts"), names.prompts, width),
    blank,
  ];
  const room = rowsMax - first.length - last.length - toolFrameRows;
  const toolsMax = Math.min(limits.consoleLinesMax, Math.max(limits.consoleToolsMin, room));
  return [...first, ...toolLines(tools, width, toolsMax), ...last];
}

/** Above the tools an empty line and how many there are, below them how many more. */
const toolFrameRows = 3;

function headline(servers: readonly ServerStatus[]): string {
  const ready = servers.filter(({ state }) => state === "ready").length;
  const bad = servers.filter((server) => toneOf(server) === "bad").length;
  if (servers.length === 0) return "No servers are configured";
  const attention = bad === 0 ? "" : `, ${bad} ${bad === 1 ? "needs" : "need"} attention`;
  return `${counted(ready, "server")} ready${attention}`;
}

/** The whole message, which the server's own line may have cut, and what to do. */
function remedyLines(servers: readonly ServerStatus[], width: number): Line[] {
  const faulty = servers.filter((server) => toneOf(server) === "bad" && server.fault !== null);
  if (faulty.length === 0) return [];
  const lines = bounded(
    faulty,
    ({ name, fault }) => {
      if (fault === null) return [];
      const message = `${plainText(name)}: ${plainText(fault.stage)}: ${plainText(fault.message)}`;
      return [
        ...wrapped(message, "  ", width).map((text): Line => ({ text, tone: "bad" })),
        ...stderrLines(fault.stderrTail, width),
        ...wrapped(`→ ${plainText(withCommandLines(fault.remedy))}`, "    ", width).map(
          (text): Line => ({ text, tone: "plain" }),
        ),
      ];
    },
    (count) => dim(`  … and ${count} more: ${commandLine("status")}`, width),
  );
  return [blank, ...lines];
}

/** What the program itself said: the remedy of one that ended is to read it. */
function stderrLines(stderr: readonly string[], width: number): Line[] {
  const lines = tellingLines(stderr, limits.consoleStderrLines);
  return lines.map((line) => dim(`    │ ${plainText(line)}`, width));
}

function toolLines(tools: ToolReport["tools"], width: number, max: number): Line[] {
  if (tools.length === 0) return [];
  const named = tools.map((tool) => ({ name: `${plainText(tool.server)}/${plainText(tool.tool)}`, tool }));
  const shown = named.slice(0, max);
  const nameWidth = Math.min(Math.floor(width / 2), Math.max(...shown.map(({ name }) => displayWidth(name))));
  const lines = bounded(
    named,
    ({ name, tool }) => {
      const head = `    ${padText(fitText(name, nameWidth), nameWidth)}`;
      const text = fitText(`${head}  ${firstLine(tool.description)}`.trimEnd(), width);
      return [{ text, tone: "plain" }];
    },
    (count) => dim(`    … and ${count} more: ${commandLine("tools")}`, width),
    max,
  );
  return [blank, { text: `  Tools (${tools.length})`, tone: "plain" }, ...lines];
}

function namesLines(label: string, count: number, names: readonly string[], width: number): Line[] {
  const total = Math.max(count, names.length);
  if (total === 0) return [];
  const head = `  ${label} (${total})`;
  const shown = names.slice(0, limits.consoleNamesMax).map(plainText).join(", ");
  const missing = total - Math.min(names.length, limits.consoleNamesMax);
  const text = shown === "" ? head : `${head}  ${shown}${missing > 0 ? `, … and ${missing} more` : ""}`;
  return [{ text: fitText(text, width), tone: "plain" }];
}

function sum(servers: readonly ServerStatus[], key: "resources" | "resourceTemplates" | "prompts"): number {
  return servers.reduce((total, server) => total + server[key], 0);
}

/** At most this many lines of one message; the log has all of it. */
const wrappedLinesMax = 3;

/** Broken at spaces; a word longer than a line is cut. */
export function wrapped(text: string, indent: string, width: number): string[] {
  const room = Math.max(10, width - indent.length);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && displayWidth(longer) > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  const shown = lines.slice(0, wrappedLinesMax);
  if (lines.length > wrappedLinesMax) shown[wrappedLinesMax - 1] = `${shown.at(-1) ?? ""} …`;
  return shown.map((each, index) => fitText(`${indent}${index === 0 ? "" : "  "}${each}`, width));
}
