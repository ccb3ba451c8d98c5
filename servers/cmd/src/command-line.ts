/** How a command reaches cmd.exe unchanged: what goes on its command line, and what goes into a batch file. */

import { cmdLines, encodeText } from "@mcp-gateway/shell-core";

/** cmd.exe's own bound on a line, of the command line and of a batch file alike. */
export const lineCharactersMax = 8_191;

export type Delivery =
  | { readonly kind: "line"; readonly argument: string }
  /** Several lines: cmd.exe would drop all but the first. */
  | { readonly kind: "batch"; readonly content: Uint8Array }
  | { readonly kind: "fault"; readonly sentence: string };

/** Holds the path of the batch file: a variable's value is not looked at again for `%`, `&` and `^`. */
export const batchVariable = "MCP_GATEWAY_BATCH";

/**
 * Tells the hidden console its code page. `ver` wipes out the error level of a `chcp` that failed, so that the
 * command begins with 0 as it does at a prompt.
 */
export function codePagePrefix(codePage: number): string {
  return `(chcp ${codePage}||ver)>nul 2>nul&`;
}

export function delivery(command: string, codePage: number): Delivery {
  const lines = cmdLines(command);
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) {
    const argument = `"${codePagePrefix(codePage)}${only}"`;
    if (argument.length <= lineCharactersMax) return { kind: "line", argument };
    return {
      kind: "fault",
      sentence: tooLong(only.length, lineCharactersMax - argument.length + only.length),
    };
  }
  const longest = Math.max(...lines.map((line) => line.length));
  if (longest > lineCharactersMax) return { kind: "fault", sentence: tooLong(longest, lineCharactersMax) };
  return batch(lines, codePage);
}

/** cmd.exe reads a batch file in the code page that its console has by then. */
function batch(lines: readonly string[], codePage: number): Delivery {
  const encoded = encodeText(`@echo off\r\n${lines.join("\r\n")}\r\n`, codePage);
  if (encoded.kind === "bytes") return { kind: "batch", content: encoded.bytes };
  const sentence = `\`command\` holds ${JSON.stringify(encoded.character)}, which code page ${codePage} does not have. Leave \`codePage\` out, or pass the text in \`env\`.`;
  return { kind: "fault", sentence };
}

/** The argument that runs the batch file whose path is in the variable. */
export function batchArgument(codePage: number): string {
  return `"${codePagePrefix(codePage)}"%${batchVariable}%""`;
}

/**
 * `/d`: no AutoRun commands of the registry. `/s`: the first and the last quote go, and everything between stays
 * as it is, whatever quotes it holds.
 */
export function cmdArguments(cmdPath: string, argument: string): [string, ...string[]] {
  return [cmdPath, "/d", "/s", "/c", argument];
}

function tooLong(length: number, max: number): string {
  return `A line of \`command\` has ${length} characters; cmd.exe takes at most ${max}. Split it into several lines, or use variables for the long parts.`;
}
