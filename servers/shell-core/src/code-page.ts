/** From bytes in a Windows code page to text. */
import { oemCodePages } from "./oem-code-pages.ts";
import { decodeText } from "./text.ts";

export interface Decode {
  (bytes: Uint8Array): string;
  /**
   * The text of the two ends of an output whose middle is missing, so that no cut goes through a character.
   * Without it they are cut as UTF-8 is.
   * @param lastAt where `last` begins in the output
   */
  readonly ends?: (first: Uint8Array, last: Uint8Array, lastAt: number) => DecodedEnds;
}

export interface DecodedEnds {
  readonly first: string;
  readonly last: string;
  /** How many bytes the two texts stand for. */
  readonly bytesKept: number;
}

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

function decodeSingleBytes(bytes: Uint8Array, upperHalf: string): string {
  let text = "";
  for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : (upperHalf[byte - 0x80] ?? "");
  return text;
}
