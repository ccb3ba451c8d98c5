/** `gateway tools` as lines. Pure. */
import type { ToolReport } from "@mcp-gateway/contract";
import type { Paint } from "../terminal.ts";
import { plural } from "./quantities.ts";
import { signature } from "./signature.ts";
import { cut, pad, plain, widthOfText } from "./text.ts";

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
  const names = tools.map((tool) => plain(`${tool.server}/${tool.tool}`));
  const nameWidth = Math.min(Math.max(0, ...names.map(widthOfText)), nameWidthMax);
  const lines = tools.flatMap((tool, at) => {
    const name = pad(cut(names[at] ?? "", width), nameWidth);
    const description = cut(plain(firstLine(tool.description)), Math.max(0, width - widthOfText(name) - 2));
    const call = cut(plain(signature(tool.inputSchema)), width - 4);
    return [
      `${paint.bold(name)}  ${description}`.trimEnd(),
      ...(call === "" ? [] : [`    ${paint.dim(call)}`]),
    ];
  });
  return [...lines, "", paint.dim(plural(tools.length, "tool"))];
}

function firstLine(text: string): string {
  return text.trimStart().split(/\r?\n/, 1)[0] ?? "";
}
