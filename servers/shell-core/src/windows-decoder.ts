/** From what programs on Windows write to text, whatever code page each of them thinks is right. */
import { codePageDecoder, type Decode, type DecodedEnds } from "./code-page.ts";
import { decodeText, withoutLeadingPartialCharacter, withoutTrailingPartialCharacter } from "./text.ts";

/**
 * UTF-8 where it is UTF-8, UTF-16 where a byte order mark or its NULs say so, otherwise the code page. Line by line,
 * because the programs of one command needn't agree.
 */
export function windowsDecoder(codePage: number): Decode {
  const fallback = codePageDecoder(codePage) ?? decodeText;
  const decode = (bytes: Uint8Array): string => {
    if (isUtf16(bytes)) return utf16Of(bytes);
    const whole = utf8Of(bytes);
    if (whole !== undefined) return whole;
    return linesOf(bytes)
      .map((line) => utf8Of(line) ?? fallback(line))
      .join("");
  };
  const ends = (first: Uint8Array, last: Uint8Array, lastAt: number): DecodedEnds => {
    if (isUtf16(first)) return utf16Ends(first, last, lastAt);
    const begun = first.lastIndexOf(0x0a) + 1;
    const rest = last.includes(0x0a) ? last.indexOf(0x0a) + 1 : last.length;
    const [whole, follows] = [first.subarray(0, begun), last.subarray(rest)];
    // Half a line may look like UTF-8 by chance; whole ones hardly do.
    const isForeign = [...linesOf(whole), ...linesOf(follows)].some((line) => utf8Of(line) === undefined);
    const half = (line: Uint8Array): string => (isForeign ? fallback(line) : decode(line));
    const begin = withoutDangling(first.subarray(begun), isForeign, fallback);
    const end = withoutStray(last.subarray(0, rest), isForeign);
    return {
      first: decode(whole) + half(begin),
      last: half(end) + decode(follows),
      bytesKept: whole.length + begin.length + end.length + follows.length,
    };
  };
  return Object.assign(decode, { ends });
}

const sampleBytes = 512;

/** With a byte order mark, or Latin text as `wsl.exe` and `cmd /u` write it without one: every second byte is NUL. */
function isUtf16(bytes: Uint8Array): boolean {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return true;
  const sample = bytes.subarray(0, sampleBytes);
  const nulsAt = (rest: 0 | 1): number => sample.filter((byte, at) => byte === 0 && at % 2 === rest).length;
  return nulsAt(0) === 0 && nulsAt(1) * 4 > sample.length;
}

function utf16Of(bytes: Uint8Array): string {
  return new TextDecoder("utf-16le").decode(bytes);
}

function utf16Ends(first: Uint8Array, last: Uint8Array, lastAt: number): DecodedEnds {
  const begin = first.subarray(0, first.length - (first.length % 2));
  const rest = last.subarray(lastAt % 2);
  // Half of a pair of surrogates would become U+FFFD.
  const whole = {
    first: utf16Of(begin).replace(/\ufffd$/u, ""),
    last: utf16Of(rest).replace(/^\ufffd/u, ""),
  };
  return { ...whole, bytesKept: begin.length + rest.length };
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @returns undefined when it is not UTF-8 */
function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined; // Which is the question that was asked.
  }
}

/** The beginning of a line, without the first byte of a character that lacks its second. */
function withoutDangling(line: Uint8Array, isForeign: boolean, fallback: Decode): Uint8Array {
  const trimmed = withoutTrailingPartialCharacter(line);
  if (!isForeign && utf8Of(trimmed) !== undefined) return trimmed;
  // Alone it is no character of a code page that has such pairs.
  return fallback(line).endsWith("\ufffd") ? line.subarray(0, -1) : line;
}

/** The end of a line, without what may belong to a character that lacks its beginning. */
function withoutStray(line: Uint8Array, isForeign: boolean): Uint8Array {
  const trimmed = withoutLeadingPartialCharacter(line);
  if (!isForeign && utf8Of(trimmed) !== undefined) return trimmed;
  // The second byte of a pair is 0x40 or more in all code pages, but for GB 18030 also a digit.
  const sure = line.findIndex((byte) => byte < 0x40 && !(byte >= 0x30 && byte <= 0x39));
  return sure === -1 ? line : line.subarray(sure);
}

/** No multi-byte character of these code pages has a line feed for its second byte. */
function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed === -1 ? bytes.length : feed + 1;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}
