/** Takes the script's own report out of what PowerShell wrote. */
import type { CapturedOutput } from "../capped-output.ts";

export interface MarkedOutput {
  /** Undefined when PowerShell never began with the script. */
  readonly version: string | undefined;
  /** What followed the mark on later lines, in order. */
  readonly reports: readonly string[];
  /** The output without the report. */
  readonly rest: CapturedOutput;
}

export function readMarkedOutput(captured: CapturedOutput, mark: string): MarkedOutput {
  const reports: string[] = [];
  let version: string | undefined;
  // The mark may follow output that ended without a line end, and a byte order mark.
  const text = captured.text.replace(
    new RegExp(`\\ufeff?${mark} ([^\\r\\n]*)\\r?\\n?`, "gu"),
    (_, said: string) => {
      if (version === undefined) version = said.split(" ", 1)[0] ?? "";
      else reports.push(said);
      return "";
    },
  );
  const removedBytes = Buffer.byteLength(captured.text) - Buffer.byteLength(text);
  const bytes = Math.max(Buffer.byteLength(text), captured.bytes - removedBytes);
  return { version, reports, rest: { ...captured, text, bytes } };
}
