/**
 * Whether a URI could come from a URI template (RFC 6570, levels 1 to 3, explode and prefix tolerated), to find the
 * backend that owns it.
 *
 * No regular expression is built from a template: both the template and the URI are strangers' input. The set of
 * reachable positions is carried through the URI once per part of the template, literals by Knuth, Morris and Pratt's
 * search, so the cost is the URI's length times the number of parts, at worst. As servers do it, `{name}` takes
 * anything but `/`, and `{+name}` anything at all; query and fragment parts may be missing.
 */
import { limits } from "@mcp-gateway/kit";

type Part =
  | {
      readonly kind: "literal";
      readonly text: string;
      readonly codes: Uint16Array;
      readonly borders: Uint16Array;
    }
  /** `prefix`, then at least one character other than `stop`. */
  | { readonly kind: "variable"; readonly prefix: string; readonly stop: string; readonly optional: boolean };

const variableList = /^[A-Za-z0-9_.%]+(?:\*|:[0-9]{1,4})?(?:,[A-Za-z0-9_.%]+(?:\*|:[0-9]{1,4})?)*$/;

/** `undefined`: not a template that is understood here. */
export function uriTemplateMatcher(template: string): ((uri: string) => boolean) | undefined {
  const parts = parseTemplate(template);
  if (parts === undefined) return undefined;
  return (uri) => parts.length * uri.length <= limits.uriMatchStepsMax && matches(parts, uri);
}

function parseTemplate(template: string): readonly Part[] | undefined {
  if (template.length > limits.uriTemplateCharsMax) return undefined;
  const parts: Part[] = [];
  let position = 0;
  while (position < template.length) {
    const open = template.indexOf("{", position);
    const text = template.slice(position, open < 0 ? template.length : open);
    if (text.includes("}")) return undefined;
    if (text !== "")
      parts.push({ kind: "literal", text, codes: codesOf(text), borders: bordersOf(codesOf(text)) });
    if (open < 0) break;
    const close = template.indexOf("}", open);
    if (close < 0) return undefined;
    const expression = parseExpression(template.slice(open + 1, close));
    if (expression === undefined) return undefined;
    parts.push(...expression);
    position = close + 1;
  }
  return parts;
}

function parseExpression(expression: string): readonly Part[] | undefined {
  const operator = /^[+#./;?&]/.exec(expression)?.[0] ?? "";
  const list = expression.slice(operator.length);
  if (!variableList.test(list)) return undefined;
  const names = list.split(",");
  switch (operator) {
    case "":
      return [{ kind: "variable", prefix: "", stop: "/", optional: false }];
    case "+":
      return [{ kind: "variable", prefix: "", stop: "", optional: false }];
    case "#":
      return [{ kind: "variable", prefix: "#", stop: "", optional: true }];
    case "?":
    case "&":
      return [{ kind: "variable", prefix: operator, stop: "#", optional: true }];
    default:
      // "." "/" ";": every variable has its own prefix; an exploded one may repeat it.
      return names.map((name) => ({
        kind: "variable",
        prefix: operator,
        stop: name.endsWith("*") && operator === "/" ? "" : "/",
        optional: true,
      }));
  }
}

/** Where the parts so far can end: `flags[position]` is 1; all such positions lie in `low..high`. */
interface Reached {
  readonly flags: Uint8Array;
  readonly low: number;
  readonly high: number;
}

function matches(parts: readonly Part[], uri: string): boolean {
  const [first] = parts;
  if (first?.kind === "literal" && !uri.startsWith(first.text)) return false;
  const last = parts[parts.length - 1];
  if (last?.kind === "literal" && !uri.endsWith(last.text)) return false;
  const codes = codesOf(uri);
  const flags = new Uint8Array(codes.length + 1);
  flags[0] = 1;
  let reached: Reached | undefined = { flags, low: 0, high: 0 };
  for (const part of parts) {
    reached =
      part.kind === "literal" ? passLiteral(part, codes, reached) : passVariable(part, codes, reached);
    if (reached === undefined) return false;
  }
  return reached.flags[codes.length] === 1;
}

function passLiteral(
  part: Extract<Part, { kind: "literal" }>,
  uri: Uint16Array,
  from: Reached,
): Reached | undefined {
  const { codes, borders } = part;
  const next = new Uint8Array(uri.length + 1);
  const end = Math.min(uri.length, from.high + codes.length);
  let low = -1;
  let high = -1;
  let matched = 0;
  for (let at = from.low; at < end; at += 1) {
    const code = uri[at];
    while (matched > 0 && codes[matched] !== code) matched = borders[matched - 1] ?? 0;
    if (codes[matched] === code) matched += 1;
    if (matched < codes.length) continue;
    if (from.flags[at + 1 - codes.length] === 1) {
      next[at + 1] = 1;
      if (low < 0) low = at + 1;
      high = at + 1;
    }
    matched = borders[matched - 1] ?? 0;
  }
  return low < 0 ? undefined : { flags: next, low, high };
}

function passVariable(
  part: Extract<Part, { kind: "variable" }>,
  uri: Uint16Array,
  from: Reached,
): Reached | undefined {
  const next = new Uint8Array(uri.length + 1);
  const stop = part.stop === "" ? -1 : part.stop.charCodeAt(0);
  const prefix = part.prefix === "" ? -1 : part.prefix.charCodeAt(0);
  const behind = prefix < 0 ? 0 : 1;
  let low = -1;
  let high = -1;
  /** The variable has begun and may go on. */
  let open = false;
  for (let at = from.low; at <= uri.length && (open || at <= from.high + behind); at += 1) {
    const code = at > 0 ? (uri[at - 1] ?? 0) : 0;
    const goesOn: boolean = open && code !== stop;
    const begins = behind === 0 ? from.flags[at] === 1 : code === prefix && from.flags[at - 1] === 1;
    if (goesOn || (part.optional && from.flags[at] === 1)) {
      next[at] = 1;
      if (low < 0) low = at;
      high = at;
    }
    open = goesOn || begins;
  }
  return low < 0 ? undefined : { flags: next, low, high };
}

function codesOf(text: string): Uint16Array {
  const codes = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at += 1) codes[at] = text.charCodeAt(at);
  return codes;
}

/** For each beginning of the text, the length of its longest proper part that is both its beginning and its end. */
function bordersOf(codes: Uint16Array): Uint16Array {
  const borders = new Uint16Array(codes.length);
  let matched = 0;
  for (let at = 1; at < codes.length; at += 1) {
    while (matched > 0 && codes[matched] !== codes[at]) matched = borders[matched - 1] ?? 0;
    if (codes[matched] === codes[at]) matched += 1;
    borders[at] = matched;
  }
  return borders;
}
