/** The PowerShell around a call's command: true exit codes, and the output as objects where that is wished. */
import { asciiJson, prologue, textExpression } from "@mcp-gateway/shell-core/powershell";

/** Where the command's text is. */
export type CommandSource =
  | { readonly kind: "inline"; readonly text: string }
  /** UTF-8; it is deleted before the command runs. */
  | { readonly kind: "file"; readonly path: string };

export interface ObjectsWish {
  /** How many levels below each object are kept. */
  readonly depth: number;
  /** Longer JSON is not sent, only its length. */
  readonly charactersMax: number;
}

export interface CommandScript {
  readonly mark: string;
  readonly source: CommandSource;
  /** Undefined for text. */
  readonly objects: ObjectsWish | undefined;
}

/**
 * The command is dot-sourced without a `try` round it, because inside one PowerShell would end it at errors that
 * it otherwise goes on after. The line that is put behind it keeps `$?`, which is gone one scope further out; where a command can't
 * have a line behind it (it is all `begin`, `process` and `end` blocks), it goes without.
 */
export function commandScript({ mark, source, objects }: CommandScript): string {
  return `${prologue(mark)}${readSource(source)}
$McpGatewayBlock = $null
try { $McpGatewayBlock = [ScriptBlock]::Create($McpGatewayText + "\`n\`n" + '$global:McpGatewayGood = $?') } catch { $Error.Clear() }
if ($null -eq $McpGatewayBlock) {
  try { $McpGatewayBlock = [ScriptBlock]::Create($McpGatewayText) } catch {
    $McpGatewayFault = $_.Exception
    while ($null -ne $McpGatewayFault.InnerException) { $McpGatewayFault = $McpGatewayFault.InnerException }
    [Console]::Error.WriteLine($McpGatewayFault.Message)
    exit 1
  }
}
$global:McpGatewayGood = $true
$global:LASTEXITCODE = 0
${objects === undefined ? ". $McpGatewayBlock | Out-Default" : asObjects(mark, objects)}
if ($global:McpGatewayGood) { exit 0 }
if ($global:LASTEXITCODE -ne 0) { exit $global:LASTEXITCODE }
exit 1
`;
}

function readSource(source: CommandSource): string {
  if (source.kind === "inline") return `$McpGatewayText = ${textExpression(source.text)}`;
  return `$McpGatewayFile = ${textExpression(source.path)}
$McpGatewayText = [IO.File]::ReadAllText($McpGatewayFile)
[IO.File]::Delete($McpGatewayFile)`;
}

/** One level of depth is the array around the objects. */
function asObjects(mark: string, { depth, charactersMax }: ObjectsWish): string {
  return `$McpGatewayObjects = @(. $McpGatewayBlock)
try {
  $McpGatewayJson = ConvertTo-Json -InputObject $McpGatewayObjects -Depth ${depth + 1} -Compress -WarningAction SilentlyContinue
  $McpGatewayJson = ${asciiJson("$McpGatewayJson")}
  if ($McpGatewayJson.Length -le ${charactersMax}) { [Console]::Out.WriteLine('${mark} json ' + $McpGatewayJson) }
  else { [Console]::Out.WriteLine('${mark} long ' + $McpGatewayJson.Length) }
} catch {
  [Console]::Error.WriteLine('The output could not be made JSON: ' + $_.Exception.Message)
  exit 1
}`;
}
