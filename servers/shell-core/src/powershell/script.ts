/**
 * The script that PowerShell gets. What comes from a call is in it as base64 only: no quoting rule of PowerShell
 * (it takes four Unicode characters for single quotes, too) can make code of it.
 */
import { randomBytes } from "node:crypto";

/** Begins the lines that are the script's own report; a random part keeps a command from forging them by chance. */
export function newMark(): string {
  return `mcp-gateway-${randomBytes(12).toString("hex")}`;
}

/** `-EncodedCommand` wants UTF-16LE. */
export function encodedCommand(script: string): string {
  return Buffer.from(script, "utf16le").toString("base64");
}

/**
 * `-OutputFormat Text`, because an encoded command would make PowerShell write errors as XML. Windows takes
 * 32,767 characters for a command line; callers keep below `encodedCharactersMax`.
 */
export function powerShellArguments(path: string, script: string): [string, ...string[]] {
  return [
    path,
    "-NoLogo",
    "-NoProfile",
    "-NonInteractive",
    "-OutputFormat",
    "Text",
    "-EncodedCommand",
    encodedCommand(script),
  ];
}

export const encodedCharactersMax = 30_000;

/** A PowerShell expression whose value is the text. */
export function textExpression(text: string): string {
  const base64 = Buffer.from(text, "utf8").toString("base64");
  return `[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${base64}'))`;
}

/**
 * UTF-8 out, no progress bars and no colours, and the first line of output: the mark, PowerShell's version and
 * the code page that its output really has. Without that line, PowerShell did not run.
 */
export function prologue(mark: string): string {
  return `$ProgressPreference = 'SilentlyContinue'
try { [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false } catch { $Error.Clear() }
try { $OutputEncoding = New-Object System.Text.UTF8Encoding $false } catch { $Error.Clear() }
if ($PSVersionTable.PSVersion.Major -ge 7) { try { $PSStyle.OutputRendering = 'PlainText' } catch { $Error.Clear() } }
[Console]::Out.WriteLine('${mark} ' + $PSVersionTable.PSVersion + ' ' + [Console]::OutputEncoding.CodePage)
`;
}

/** Characters beyond ASCII as JSON's own escapes: right in every code page. */
export function asciiJson(variable: string): string {
  return `[regex]::Replace(${variable}, '[^\\x20-\\x7e]', { param($match) '\\u{0:x4}' -f [int][char]$match.Value })`;
}
