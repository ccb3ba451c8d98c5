/** A tool's result as lines: its text as it is, everything else named. Pure. */
import { isObject, type JsonObject } from "../json.ts";

/** Text stays as the tool wrote it: this is what was asked for. */
export function resultText(result: JsonObject): string {
  const content = Array.isArray(result["content"]) ? result["content"] : [];
  const parts = content.filter(isObject).map(contentText);
  if (parts.length > 0) return parts.join("\n");
  return result["structuredContent"] === undefined
    ? ""
    : JSON.stringify(result["structuredContent"], undefined, 2);
}

function contentText(content: JsonObject): string {
  const { type, text, mimeType, data, uri, name, resource } = content;
  if (type === "text" && typeof text === "string") return text;
  if (type === "image" || type === "audio") {
    const bytes = typeof data === "string" ? Math.floor((data.length * 3) / 4) : 0;
    return `[${type} ${String(mimeType ?? "")}, ${bytes} bytes; --json shows it]`;
  }
  if (type === "resource_link")
    return `[link ${String(uri ?? "")}${typeof name === "string" ? ` ${name}` : ""}]`;
  if (type === "resource" && isObject(resource)) {
    return typeof resource["text"] === "string"
      ? resource["text"]
      : `[resource ${String(resource["uri"] ?? "")}; --json shows it]`;
  }
  return `[${String(type)}; --json shows it]`;
}
