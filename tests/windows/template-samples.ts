/** Every PowerShell script template that the servers have, filled in every way that changes its shape. */
import { commandScript } from "../../servers/powershell/src/command-script.ts";
import { encodedCommand } from "../../servers/shell-core/src/powershell/index.ts";
import { powerShellQuery } from "../../servers/wmi/src/powershell-script.ts";
import { type Query, readQuery } from "../../servers/wmi/src/query.ts";

const mark = "mcp-gateway-0123456789abcdef01234567";
const commands = ["1 + 1", "'’)); exit 99 #", '"@\n"', "你好 😀", "x".repeat(5_000)];

export function templateSamples(): ReadonlyMap<string, string> {
  const samples = new Map<string, string>();
  for (const [at, text] of commands.entries()) {
    const source = { kind: "inline", text } as const;
    samples.set(`command ${at}, as text`, commandScript({ mark, source, objects: undefined }));
    samples.set(
      `command ${at}, as objects`,
      commandScript({ mark, source, objects: { depth: 2, charactersMax: 9 } }),
    );
  }
  const source = { kind: "file", path: "C:\\Users\\O'Neil ‘x’\\$(1).ps1" } as const;
  samples.set("command in a file, as text", commandScript({ mark, source, objects: undefined }));
  samples.set(
    "command in a file, as objects",
    commandScript({ mark, source, objects: { depth: 20, charactersMax: 9 } }),
  );
  samples.set("query of everything", powerShellQuery(query({ wmi_class: "Win32_Process" }), mark));
  samples.set("query with all parts", powerShellQuery(query(fullQuery), mark));
  return samples;
}

const fullQuery = {
  wmi_class: "Win32_Process",
  properties: ["Name", "ProcessId"],
  filter: `Name = 'x'' OR 1' OR NOT (Name LIKE "%'%")`.replace("''", "\\'"),
  namespace: "root/cimv2",
  limit: 10_000,
  timeoutMs: 1,
};

function query(given: unknown): Query {
  const read = readQuery(given, { timeoutMs: 120_000, timeoutMsMax: 3_600_000 });
  if (!read.isValid) throw new Error(read.faults.join("\n"));
  return read.query;
}

/** What would really be on the command line, turned back. */
export function throughCommandLine(script: string): string {
  return Buffer.from(encodedCommand(script), "base64").toString("utf16le");
}
