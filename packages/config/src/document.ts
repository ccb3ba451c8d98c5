/** Text of a configuration file → a tree with places. Comments and trailing commas are welcome. */
import { limits } from "@mcp-gateway/kit";
import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { Faults, type KeyPath, LineMap } from "./fault.ts";

export type { Node } from "jsonc-parser";

export interface Document {
  readonly root: Node;
  readonly faults: Faults;
}

/** `root` is undefined when the text is not JSON: `faults` says where, and nothing else can be said about it. */
export function parseDocument(
  file: string,
  text: string,
): { readonly root: Node | undefined; readonly faults: Faults } {
  const faults = new Faults(file, new LineMap(text));
  if (findConflict(text, faults) || !isShallow(text, faults)) return { root: undefined, faults };
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
  reportSyntax(text, errors, faults);
  if (root === undefined || faults.count > 0) return { root: undefined, faults };
  reportDuplicates(root, [], faults);
  return { root, faults };
}

/** Left behind by version control; every other message about such a file would be noise. */
function findConflict(text: string, faults: Faults): boolean {
  const match = /^<{7} /m.exec(text);
  if (match === null) return false;
  faults.fault(
    match.index,
    [],
    "has an unresolved merge conflict. Keep one side and remove the lines with <<<<<<<, ======= and >>>>>>>.",
  );
  return true;
}

/** The parser descends by recursion, so depth is checked before it starts. */
function isShallow(text: string, faults: Faults): boolean {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (;;) {
    const before = scanner.getPosition();
    scanner.scan();
    const offset = scanner.getTokenOffset();
    if (scanner.getPosition() === before) return true;
    const character = text[offset];
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    if (depth > limits.jsonDepthMax) {
      faults.fault(offset, [], `is nested deeper than ${limits.jsonDepthMax} levels.`);
      return false;
    }
  }
}

/** One fault a line: the parser recovers, and what it says after the first on a line is mostly an echo. */
function reportSyntax(text: string, errors: readonly ParseError[], faults: Faults): void {
  if (text.trim() === "") {
    faults.fault(0, [], 'is empty. Write { "mcpServers": {} } to begin with.');
    return;
  }
  const seen = new Set<string>();
  for (const [index, error] of errors.entries()) {
    // Having skipped a word it does not know, the parser misses a value where the word stood.
    if (isKind(error, "ValueExpected") && isKind(errors[index - 1], "InvalidSymbol")) continue;
    const line = faults.placeOf(error.offset).replace(/,.*/, "");
    if (seen.has(line)) continue;
    // To explain an error the text is read again; a large file of errors must not cost its square.
    if (seen.size >= limits.configFaultsMax) break;
    seen.add(line);
    const { offset, message } = explain(text, error);
    faults.fault(offset, [], message);
  }
}

function isKind(error: ParseError | undefined, name: ReturnType<typeof printParseErrorCode>): boolean {
  return error !== undefined && printParseErrorCode(error.error) === name;
}

/** By the parser's name of the error; "@" stands for what was found. */
const explanations: ReadonlyMap<string, string> = new Map([
  ["CommaExpected", "a comma is missing here, before @."],
  ["ColonExpected", "a colon is missing here, before @."],
  ["CloseBraceExpected", "a closing } is missing; found @."],
  ["CloseBracketExpected", "a closing ] is missing; found @."],
  ["PropertyNameExpected", "a key in double quotes is expected; found @."],
  ["ValueExpected", "a value is missing; found @."],
  ["EndOfFileExpected", "nothing may follow the end of the value; found @."],
  [
    "InvalidEscapeCharacter",
    "a backslash in this string begins no known escape. Write \\\\ for each backslash, or use /.",
  ],
  ["InvalidUnicode", "\\u in this string needs four hexadecimal digits."],
  ["UnexpectedEndOfString", "this string has no closing quote on its line."],
  ["UnexpectedEndOfComment", "this comment has no closing */."],
  ["InvalidCharacter", "this string has a control character. Write it as an escape, such as \\t or \\n."],
  ["InvalidNumberFormat", "@ is no number."],
  ["UnexpectedEndOfNumber", "@ is no number."],
]);
const otherwise = "@ is neither a string in double quotes, a number, true, false nor null.";

function explain(text: string, error: ParseError): { readonly offset: number; readonly message: string } {
  const found = shown(text.slice(error.offset, error.offset + Math.max(error.length, 1)));
  const name = printParseErrorCode(error.error);
  const isGap = name === "CommaExpected" || name === "ColonExpected";
  return {
    offset: isGap ? endOfTokenBefore(text, error.offset) : error.offset,
    message: `is not valid JSON: ${(explanations.get(name) ?? otherwise).replace("@", () => found)}`,
  };
}

/** What was found, unless it could be a secret that lost its quotes or its comma. */
function shown(token: string): string {
  if (token === "") return "the end of the file";
  if (token.startsWith('"')) return "a string";
  if (token.startsWith("'")) return "a word in single quotes";
  return /^(?:[A-Za-z]{1,9}|[\d.+-]{1,6}|[^\w\s])$/.test(token) ? JSON.stringify(token) : "what stands here";
}

/** Where the missing sign belongs: right after what stands before it, whatever comments lie between. */
function endOfTokenBefore(text: string, offset: number): number {
  const scanner = createScanner(text, true);
  let end = 0;
  for (;;) {
    const before = scanner.getPosition();
    scanner.scan();
    if (scanner.getTokenOffset() >= offset || scanner.getPosition() === before) return end;
    end = scanner.getPosition();
  }
}

/** JSON parsers silently keep the last of two equal keys, so one server would vanish without a word. */
function reportDuplicates(node: Node, path: KeyPath, faults: Faults): void {
  if (node.type === "array") {
    for (const [index, child] of (node.children ?? []).entries())
      reportDuplicates(child, [...path, index], faults);
    return;
  }
  const seen = new Map<string, Node>();
  for (const property of properties(node)) {
    const inner = [...path, property.key];
    const first = seen.get(property.key);
    if (first === undefined) seen.set(property.key, property.keyNode);
    else
      faults.fault(
        property.keyNode.offset,
        inner,
        `is set twice: also at ${faults.placeOf(first.offset)}. Keep one of them.`,
      );
    reportDuplicates(property.value, inner, faults);
  }
}

export interface Property {
  readonly key: string;
  readonly keyNode: Node;
  readonly value: Node;
}

/** The properties of an object node in the order of the file; none for any other node. */
export function properties(node: Node): readonly Property[] {
  if (node.type !== "object") return [];
  const list: Property[] = [];
  for (const child of node.children ?? []) {
    const [keyNode, value] = child.children ?? [];
    if (keyNode !== undefined && value !== undefined)
      list.push({ key: String(keyNode.value), keyNode, value });
  }
  return list;
}

/** The plain value. Objects have no prototype, so that a key such as `__proto__` is a key and nothing else. */
export function plainValue(node: Node): unknown {
  if (node.type === "array") return (node.children ?? []).map(plainValue);
  if (node.type !== "object") return node.value;
  // An object without prototype takes every key as its own; the compiler has no other name for it.
  const object = Object.create(null) as Record<string, unknown>;
  for (const { key, value } of properties(node)) object[key] = plainValue(value);
  return object;
}

/** The node at a path below `node`; `node` itself as far as the path can't be followed. */
export function nodeAt(node: Node, path: KeyPath): Node {
  let current = node;
  for (const part of path) {
    const next =
      typeof part === "number" && current.type === "array"
        ? current.children?.[part]
        : properties(current).findLast((property) => property.key === String(part))?.value;
    if (next === undefined) return current;
    current = next;
  }
  return current;
}

/** What stands there, for a message. Strings are not repeated: they may be secrets. */
export function describe(node: Node): string {
  switch (node.type) {
    case "array":
      return "a list";
    case "object":
      return "an object";
    case "string":
      return "a string";
    default:
      return String(node.value);
  }
}
