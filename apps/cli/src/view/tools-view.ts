/** `gateway tools` as lines. Pure. */
import type { ToolReport } from "@mcp-gateway/contract";
import { displayWidth, fitText, padText, printable } from "@mcp-gateway/kit/terminal-text";
import type { Paint } from "../terminal.ts";
import { plural } from "./quantities.ts";
import { signature } from "./signature.ts";

export type ToolEntry = ToolReport["tools"][number];

export interface ToolFilter {
  readonly server: string | undefined;
  /** Part of a name or a description, in any case. */
  readonly text: string | undefined;
}

export function filterTools(tools: readonly ToolEntry[], filter: ToolFilter): readonly ToolEntry[] {
  const text = filter.text?.toLowerCase();
  return tools.filter(
    (tool) =>
      (filter.server === undefined || tool.server === filter.server) &&
      (text === undefined ||
        `${tool.server}/${tool.tool}\n${tool.exposed}\n${tool.description}`.toLowerCase().includes(text)),
  );
}

/** Names are lined up to this width; a longer one pushes its own line only. */
const nameWidthMax = 36;

export function toolLines(
  tools: readonly ToolEntry[],
  context: { readonly width: number; readonly paint: Paint },
): readonly string[] {
  const { paint, width } = context;
  const names = tools.map((tool) => printable(`${tool.server}/${tool.tool}`));
  const nameWidth = Math.min(Math.max(0, ...names.map(displayWidth)), nameWidthMax);
  const lines = tools.flatMap((tool, at) => {
    const name = padText(fitText(names[at] ?? "", width), nameWidth);
    const description = fitText(
      printable(firstLine(tool.description)),
      Math.max(0, width - displayWidth(name) - 2),
    );
    const call = fitText(printable(signature(tool.inputSchema)), width - 4);
    return [
      `${paint.bold(name)}  ${description}`.trimEnd(),
      ...(call === "" ? [] : [`    ${paint.dim(call)}`]),
    ];
  });
  return [...lines, ...(lines.length === 0 ? [] : [""]), paint.dim(plural(tools.length, "tool"))];
}

function firstLine(text: string): string {
  return text.trimStart().split(/\r?\n/, 1)[0] ?? "";
}
