/** From bytes in a Windows code page to text. */
import { oemCodePages } from "./oem-code-pages.ts";
import { decodeText } from "./text.ts";

export type Decode = (bytes: Uint8Array) => string;

export const utf8CodePage = 65001;

/** Microsoft's numbers for what the Encoding Standard has under other names; those of 125x are made below. */
const labels: ReadonlyMap<number, string> = new Map([
  [866, "ibm866"],
  [874, "windows-874"],
  [932, "shift_jis"],
  [936, "gbk"],
  [949, "euc-kr"],
  [950, "big5"],
  [1200, "utf-16le"],
  [1201, "utf-16be"],
  [10000, "macintosh"],
  [20866, "koi8-r"],
  [20932, "euc-jp"],
  [21866, "koi8-u"],
  [28591, "iso-8859-1"],
  [28592, "iso-8859-2"],
  [28595, "iso-8859-5"],
  [28597, "iso-8859-7"],
  [28605, "iso-8859-15"],
  [51949, "euc-kr"],
  [54936, "gb18030"],
]);

/** @returns undefined for a code page that is unknown here */
export function codePageDecoder(codePage: number): Decode | undefined {
  if (codePage === utf8CodePage) return decodeText;
  const upperHalf = oemCodePages.get(codePage);
  if (upperHalf !== undefined) return (bytes) => decodeSingleBytes(bytes, upperHalf);
  const label = labels.get(codePage) ?? (codePage >= 1250 && codePage <= 1258 ? `windows-${codePage}` : "");
  if (label === "") return undefined;
  // The SDK's type names a few encodings; the label is one of the table's.
  const decoder = new TextDecoder(label as "utf-8", { ignoreBOM: true });
  return (bytes) => decoder.decode(bytes);
}

/**
 * What programs on Windows write: UTF-8 where it is UTF-8, UTF-16 where a byte order mark says so, otherwise
 * the code page. Line by line, because the programs of one command needn't agree.
 */
export function windowsDecoder(codePage: number): Decode {
  const fallback = codePageDecoder(codePage) ?? decodeText;
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return (bytes) => {
    if (isUtf16(bytes)) return new TextDecoder("utf-16le").decode(bytes);
    try {
      return strict.decode(bytes);
    } catch {
      return linesOf(bytes)
        .map((line) => decodeLine(line, strict, fallback))
        .join("");
    }
  };
}

const sampleBytes = 512;

/** With a byte order mark, or Latin text as `wsl.exe` and `cmd /u` write it without one: every second byte is NUL. */
function isUtf16(bytes: Uint8Array): boolean {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return true;
  const sample = bytes.subarray(0, sampleBytes);
  const nulsAt = (rest: 0 | 1): number => sample.filter((byte, at) => byte === 0 && at % 2 === rest).length;
  return nulsAt(0) === 0 && nulsAt(1) * 4 > sample.length;
}

function decodeLine(line: Uint8Array, strict: TextDecoder, fallback: Decode): string {
  try {
    return strict.decode(line);
  } catch {
    return fallback(line); // Not UTF-8, which is the question that was asked.
  }
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

function decodeSingleBytes(bytes: Uint8Array, upperHalf: string): string {
  let text = "";
  for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : (upperHalf[byte - 0x80] ?? "");
  return text;
}
