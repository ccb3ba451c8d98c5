/** From text to bytes in a Windows code page: Bun only reads them, so the table is made by reading all there is. */
import { codePageDecoder, utf8CodePage } from "./code-page.ts";

export type Encoded =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** The first character that the code page does not have. */
  | { readonly kind: "missing"; readonly character: string };

type Table = ReadonlyMap<string, readonly number[]>;
const tables = new Map<number, Table>();

/** @param codePage one that has a decoder */
export function encodeText(text: string, codePage: number): Encoded {
  if (codePage === utf8CodePage || /^[\x00-\x7f]*$/u.test(text))
    return { kind: "bytes", bytes: Buffer.from(text, "utf8") };
  const table = tables.get(codePage) ?? tableOf(codePage);
  tables.set(codePage, table);
  const bytes: number[] = [];
  for (const character of text) {
    const found = table.get(character);
    if (found === undefined) return { kind: "missing", character };
    bytes.push(...found);
  }
  return { kind: "bytes", bytes: Uint8Array.from(bytes) };
}

/** One byte and two; the four of GB 18030 are beyond what a batch file is worth. */
function tableOf(codePage: number): Table {
  const decode = codePageDecoder(codePage);
  const table = new Map<string, readonly number[]>();
  if (decode === undefined) return table;
  const enter = (...bytes: readonly number[]): void => {
    const text = decode(Uint8Array.from(bytes));
    if ([...text].length === 1 && text !== "\ufffd" && !table.has(text)) table.set(text, bytes);
  };
  for (let byte = 0; byte <= 0xff; byte++) enter(byte);
  const isSingle = (byte: number): boolean => decode(Uint8Array.of(byte)) !== "\ufffd";
  for (let lead = 0x81; lead <= 0xfe; lead++)
    if (!isSingle(lead)) for (let trail = 0x40; trail <= 0xfe; trail++) enter(lead, trail);
  return table;
}
