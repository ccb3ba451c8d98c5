/** PowerShell's errors as text, where it wrote them as XML in spite of all (`#< CLIXML`). */

const header = "#< CLIXML";
const shown = new Set(["Error", "Warning", "Verbose", "Debug", "Information"]);

/** @returns the text itself when it is not of that form */
export function plainErrors(text: string): string {
  const start = text.indexOf(header);
  if (start === -1) return text;
  const before = text.slice(0, start);
  const strings = Array.from(
    text.slice(start).matchAll(/<S S="(\w+)">([^<]*)<\/S>/gu),
    ([, stream = "", content = ""]) => (shown.has(stream) ? plainString(content) : ""),
  );
  return before + strings.join("");
}

/** `_x000A_` is a character of UTF-16 by its number (MS-PSRP 2.2.5.3.2); the rest is XML. */
function plainString(content: string): string {
  return content
    .replace(/&(lt|gt|amp|quot|apos);/gu, (_, name: string) => entities[name] ?? "")
    .replace(/_x([0-9A-Fa-f]{4})_/gu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
