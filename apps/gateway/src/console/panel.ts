/** The start panel as lines, from facts: no terminal, no colours, no time of its own. */
import { limits } from "@mcp-gateway/kit";
import { fitText, padText, printable } from "@mcp-gateway/kit/terminal-text";
import { type ConnectFacts, claudeCommand, localAddress, outsideAddress } from "./connect-lines.ts";

/** How a line is meant; the terminal decides what that looks like. */
export type Tone = "title" | "plain" | "good" | "busy" | "bad" | "dim";

export interface Line {
  readonly text: string;
  readonly tone: Tone;
}

export interface PanelFacts extends ConnectFacts {
  readonly version: string;
  readonly configPath: string;
  readonly logFile: string;
}

const labelWidth = 16;

/** Title, addresses, files. What is to be copied is never cut: the terminal wraps it instead. */
export function startPanel(facts: PanelFacts, width: number): Line[] {
  const local = localAddress(facts.host, facts.port);
  const outside = outsideAddress(facts);
  const lines = [title(`MCP Gateway ${facts.version}`, width), blank];
  lines.push(
    ...labelled("Streamable HTTP", `${local}/mcp`, width),
    ...labelled("SSE", `${local}/sse`, width),
  );
  if (outside !== undefined) lines.push(...labelled("Other machines", `${outside}/mcp`, width));
  lines.push(
    ...labelled("Claude Code", claudeCommand(local, facts.token), width),
    ...tokenLines(facts.token, width),
  );
  lines.push(
    ...labelled("Configuration", facts.configPath, width),
    ...labelled("Log", facts.logFile, width),
    blank,
  );
  return lines;
}

function tokenLines(token: ConnectFacts["token"], width: number): Line[] {
  switch (token.kind) {
    case "none":
      return [];
    case "configured":
      return labelled("Token", "gateway.token of the configuration, from every client", width);
    case "generated":
      return [
        ...labelled("Token", token.path, width),
        dim("  Every client sends it: Authorization: Bearer <token>", width),
      ];
    default: {
      const never: never = token;
      return never;
    }
  }
}

/** `label  value`, or the value alone in the next line when both do not fit. */
function labelled(label: string, value: string, width: number): Line[] {
  const text = printable(value);
  const oneLine = `  ${padText(label, labelWidth)}  ${text}`;
  if (oneLine.length <= width) return [{ text: oneLine, tone: "plain" }];
  return [
    { text: `  ${label}`, tone: "plain" },
    { text: `    ${text}`, tone: "plain" },
  ];
}

export const blank: Line = { text: "", tone: "plain" };

export function title(text: string, width: number): Line {
  const fitted = fitText(`── ${text} `, width);
  return {
    text: padText(fitted, width).replace(/ +$/, (rest) => ` ${"─".repeat(Math.max(0, rest.length - 1))}`),
    tone: "title",
  };
}

export function dim(text: string, width: number): Line {
  return { text: fitText(text, width), tone: "dim" };
}

/** At most `max` of them, and one line that says how many are missing. */
export function bounded<Item>(
  items: readonly Item[],
  render: (item: Item) => Line[],
  more: (count: number) => Line,
  max: number = limits.consoleLinesMax,
): Line[] {
  const shown = items.slice(0, max).flatMap(render);
  return items.length <= max ? shown : [...shown, more(items.length - max)];
}
