/** What a client gets of a script that PowerShell ran, or was said to have run. */
import { CappedOutput, type CommandOutcome, faultResult, runResultOf } from "@mcp-gateway/shell-core";
import { installPowerShell, plainErrors, readMarkedOutput } from "@mcp-gateway/shell-core/powershell";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { type ReadObjects, readObjects } from "./objects.ts";

export interface ResultWish {
  readonly mark: string;
  readonly path: string;
  readonly timeoutMs: number;
  /** Undefined for text. */
  readonly objects: unknown;
}

export function powerShellResult(outcome: CommandOutcome, wish: ResultWish): CallToolResult {
  const { version, reports, rest } = readMarkedOutput(outcome.stdout, wish.mark);
  const stderr = { ...outcome.stderr, text: plainErrors(outcome.stderr.text) };
  if (version === undefined && outcome.end === "exited")
    return faultResult(...neverBegan(outcome, wish.path, stderr.text || rest.text));
  const result = runResultOf({ ...outcome, stdout: rest, stderr }, wish.timeoutMs);
  const structured = { ...result.structuredContent, powershell: version ?? "" };
  if (wish.objects === undefined) return { ...result, structuredContent: structured };
  return withObjects({ ...result, structuredContent: structured }, readObjects(reports));
}

function withObjects(result: CallToolResult, read: ReadObjects): CallToolResult {
  switch (read.kind) {
    case "none":
      return result;
    case "long":
      return {
        ...result,
        content: [
          ...result.content,
          {
            type: "text",
            text: `The objects are ${read.characters} characters of JSON, more than is kept. Choose properties with Select-Object, fewer objects with -First, or a smaller \`depth\`.`,
          },
        ],
        isError: true,
      };
    case "objects":
      return {
        ...result,
        content: [...result.content, { type: "text", text: JSON.stringify(read.objects, null, 1) }],
        structuredContent: { ...result.structuredContent, objects: read.objects },
      };
    default:
      return read satisfies never;
  }
}

const saidBytesMax = 2_000;

/** An exit code of 0 proves nothing: a stand-in that does nothing at all has it too. */
function neverBegan(outcome: CommandOutcome, path: string, said: string): string[] {
  const shown = new CappedOutput(saidBytesMax);
  shown.push(Buffer.from(said.trim()));
  return [
    `${path} ended with exit code ${outcome.exitCode ?? outcome.signal} before it began with the script, so nothing was run.`,
    "Either it is no real PowerShell, or a policy of this machine keeps it in the Constrained Language Mode.",
    installPowerShell,
    ...(said.trim() === "" ? [] : ["", "What it said:", shown.capture().text]),
  ];
}
