/** `${…}` in values: taken apart, and put together from the environment and from files. Pure. */

import { limits } from "@mcp-gateway/kit";

export type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string; readonly fallback: readonly Part[] | undefined }
  | { readonly kind: "file"; readonly path: string };

export type Template =
  | { readonly ok: true; readonly parts: readonly Part[] }
  /** What is wrong, as the rest of a sentence whose subject is the value. */
  | { readonly ok: false; readonly message: string };

const variableName = /^[A-Za-z_][A-Za-z0-9_]*/;

export function parseTemplate(text: string, depth = 0): Template {
  const parts: Part[] = [];
  let literal = "";
  let index = 0;
  while (index < text.length) {
    if (text.startsWith("$${", index)) {
      literal += "${";
      index += 3;
      continue;
    }
    if (!text.startsWith("${", index)) {
      literal += text[index];
      index += 1;
      continue;
    }
    const end = closingBrace(text, index + 2);
    if (end === undefined)
      return {
        ok: false,
        message: `has a \${ without its }. Close it, or write $\${ for the two characters themselves.`,
      };
    const part = parseReference(text.slice(index + 2, end), depth);
    if ("message" in part) return { ok: false, message: part.message };
    if (literal !== "") parts.push({ kind: "text", text: literal });
    literal = "";
    parts.push(part);
    index = end + 1;
  }
  if (literal !== "") parts.push({ kind: "text", text: literal });
  return { ok: true, parts };
}

function closingBrace(text: string, from: number): number | undefined {
  let depth = 1;
  for (let index = from; index < text.length; index += 1) {
    if (text.startsWith("$${", index)) index += 2;
    else if (text.startsWith("${", index)) {
      depth += 1;
      index += 1;
    } else if (text[index] === "}") {
      depth -= 1;
      if (depth === 0) return index;
    }
  }
  return undefined;
}

function parseReference(inner: string, depth: number): Part | { readonly message: string } {
  if (depth >= limits.configDefaultsDepthMax)
    return { message: `has defaults within defaults, more than ${limits.configDefaultsDepthMax} deep.` };
  if (inner.startsWith("file:")) {
    const path = inner.slice("file:".length).trim();
    return path === "" ? { message: `has \${file:} without a path.` } : { kind: "file", path };
  }
  const rest = inner.startsWith("env:") ? inner.slice("env:".length) : inner;
  const name = variableName.exec(rest)?.[0];
  if (name !== undefined) {
    const after = rest.slice(name.length);
    if (after === "") return { kind: "variable", name, fallback: undefined };
    if (after.startsWith(":-")) {
      const fallback = parseTemplate(after.slice(2), depth + 1);
      return fallback.ok ? { kind: "variable", name, fallback: fallback.parts } : fallback;
    }
  }
  return { message: adviceFor(inner) };
}

function adviceFor(inner: string): string {
  const known = `Known are \${NAME}, \${NAME:-default} and \${file:path}; $\${ stands for the two characters themselves.`;
  const shown = inner.length > 40 ? `${inner.slice(0, 40)}…` : inner;
  if (inner.startsWith("input:"))
    return `has \${${shown}}, which only an editor can ask for. Set an environment variable and write \${NAME}.`;
  return `has \${${shown}}, which means nothing here. ${known}`;
}

export interface Sources {
  variable(name: string): string | undefined;
  file(
    path: string,
  ): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };
}

export interface Resolved {
  /** Undefined when a part has no value: `messages` says which. */
  readonly text: string | undefined;
  readonly messages: readonly string[];
  /** What came from outside the file, with its origin: candidates for redaction. */
  readonly origins: readonly { readonly from: string; readonly value: string }[];
}

/** Values are put in as they are: a `${` inside a variable's value is text. */
export function resolveTemplate(parts: readonly Part[], sources: Sources): Resolved {
  const messages: string[] = [];
  const origins: { from: string; value: string }[] = [];
  let text = "";
  for (const part of parts) {
    switch (part.kind) {
      case "text":
        text += part.text;
        break;
      case "file": {
        const content = sources.file(part.path);
        if (content.ok) {
          text += content.text;
          origins.push({ from: `file:${part.path}`, value: content.text });
        } else messages.push(`needs the file ${part.path}, which ${content.reason}`);
        break;
      }
      case "variable": {
        const value = sources.variable(part.name);
        if (part.fallback !== undefined && (value === undefined || value === "")) {
          const inner = resolveTemplate(part.fallback, sources);
          messages.push(...inner.messages);
          origins.push(...inner.origins);
          text += inner.text ?? "";
        } else if (value === undefined) messages.push(unsetMessage(part.name));
        else {
          text += value;
          origins.push({ from: part.name, value });
        }
        break;
      }
      default: {
        const never: never = part;
        throw new Error(`unknown part ${JSON.stringify(never)}`);
      }
    }
  }
  return { text: messages.length === 0 ? text : undefined, messages, origins };
}

/** Editors put these in themselves; here they would otherwise look like variables somebody forgot to set. */
const editorVariables: ReadonlyMap<string, string> = new Map([
  [
    "workspaceFolder",
    "Write a path; relative ones count from the configuration file's folder where the key is `cwd`.",
  ],
  ["workspaceFolderBasename", "Write the name itself."],
  ["userHome", `Write \${HOME}.`],
  ["pathSeparator", "Write / or \\\\."],
]);

function unsetMessage(name: string): string {
  const advice = editorVariables.get(name);
  if (advice !== undefined) return `has \${${name}}, which only an editor knows. ${advice}`;
  return `needs the environment variable ${name}, which is not set. Set it, or give a default: \${${name}:-…}.`;
}

/** The paths of every `${file:…}` in a text, those within defaults included. */
export function filesOf(text: string): readonly string[] {
  if (!text.includes("${")) return [];
  const template = parseTemplate(text);
  return template.ok ? partsFiles(template.parts) : [];
}

function partsFiles(parts: readonly Part[]): readonly string[] {
  return parts.flatMap((part) => {
    if (part.kind === "file") return [part.path];
    return part.kind === "variable" ? partsFiles(part.fallback ?? []) : [];
  });
}
