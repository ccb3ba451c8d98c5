/**
 * Whether JSON is nested no deeper than a bound, found before it is parsed: `JSON.parse` takes millions of levels,
 * but whoever walks the value afterwards runs out of stack. Well-formedness is left to the parser.
 */
const quote = 0x22;
const backslash = 0x5c;
/** `[` and `{`, and their closing counterparts, differ only in this bit. */
const braceBit = 0x20;
const openBracket = 0x5b;
const closeBracket = 0x5d;

export function jsonDepthWithin(json: Uint8Array | string, depthMax: number): boolean {
  return typeof json === "string" ? textDepthWithin(json, depthMax) : bytesDepthWithin(json, depthMax);
}

function bytesDepthWithin(bytes: Uint8Array, depthMax: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (inString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) {
      inString = true;
    } else if ((byte & ~braceBit) === openBracket) {
      depth += 1;
      if (depth > depthMax) return false;
    } else if ((byte & ~braceBit) === closeBracket) {
      depth -= 1;
    }
  }
  return true;
}

function textDepthWithin(text: string, depthMax: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (inString) {
      if (unit === backslash) at += 1;
      else if (unit === quote) inString = false;
    } else if (unit === quote) {
      inString = true;
    } else if ((unit & ~braceBit) === openBracket) {
      depth += 1;
      if (depth > depthMax) return false;
    } else if ((unit & ~braceBit) === closeBracket) {
      depth -= 1;
    }
  }
  return true;
}
