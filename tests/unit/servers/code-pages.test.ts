/** Text in the code pages of Windows: read, written, and cut in the middle. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  CappedOutput,
  codePageDecoder,
  encodeText,
  windowsDecoder,
} from "../../../servers/shell-core/src/index.ts";

const seed = Number(process.env["MCP_GATEWAY_SEED"]) || undefined;
const parameters = { numRuns: 300, ...(seed === undefined ? {} : { seed }) };

function bytesOf(text: string, codePage: number): Uint8Array {
  const encoded = encodeText(text, codePage);
  if (encoded.kind === "missing") throw new Error(`${codePage} lacks ${encoded.character}`);
  return encoded.bytes;
}

/** Words of a language that its code page has. */
const languages: readonly (readonly [codePage: number, words: readonly string[]])[] = [
  [936, ["当前代码页", "找不到文件", "你好", "abc", "镕"]],
  [54936, ["当前代码页", "你好", "x1"]],
  [950, ["目前使用中的字碼頁", "許功蓋", "你好", "abc"]],
  [932, ["現在のコード ページ", "ソ表十", "ｱｲｳ", "abc"]],
  [949, ["활성 코드 페이지", "한글", "abc"]],
  [437, ["é█Ω", "abc"]],
  [850, ["éÁ¾", "abc"]],
  [866, ["Текущая кодовая страница", "abc"]],
  [1252, ["é€", "abc"]],
];

describe("writing", () => {
  test.each(languages)("code page %d gives bytes that read back", (codePage, words) => {
    for (const word of words) expect(codePageDecoder(codePage)?.(bytesOf(word, codePage))).toBe(word);
  });

  test("the bytes are those that Windows writes", () => {
    expect([...bytesOf("你好", 936)]).toEqual([0xc4, 0xe3, 0xba, 0xc3]);
    expect([...bytesOf("你好", 950)]).toEqual([0xa7, 0x41, 0xa6, 0x6e]);
    expect([...bytesOf("日本", 932)]).toEqual([0x93, 0xfa, 0x96, 0x7b]);
    expect([...bytesOf("é█Ω", 437)]).toEqual([0x82, 0xdb, 0xea]);
    expect([...bytesOf("€", 1252)]).toEqual([0x80]);
  });

  test("a character that the code page does not have is named", () => {
    expect(encodeText("a😀b", 936)).toEqual({ kind: "missing", character: "😀" });
    expect(encodeText("你", 437)).toEqual({ kind: "missing", character: "你" });
    expect(encodeText("你😀", 65001).kind).toBe("bytes");
  });
});

describe("an output whose middle is missing", () => {
  function ends(bytes: Uint8Array, bytesMax: number, codePage: number): readonly [string, string, number] {
    const output = new CappedOutput(bytesMax, windowsDecoder(codePage));
    output.push(bytes);
    const { text, bytesCut } = output.capture();
    const [first = "", last = ""] = text.split(/\n\[\.\.\. \d+ bytes cut \.\.\.\]\n/u);
    return [first, last, bytesCut];
  }

  const lines = (words: readonly string[]) =>
    fc
      .array(fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 6 }), {
        minLength: 40,
        maxLength: 60,
      })
      // Something that nobody could take for UTF-8 comes first.
      .map((rows) => `${words[0]}\r\n${rows.map((row) => row.join("")).join("\r\n")}\r\n`);

  test.each(languages)("is cut between characters in code page %d", (codePage, words) => {
    fc.assert(
      fc.property(lines(words), fc.integer({ min: 80, max: 111 }), (text, bytesMax) => {
        const bytes = bytesOf(text, codePage);
        const [first, last, bytesCut] = ends(bytes, bytesMax, codePage);
        expect(text.startsWith(first)).toBe(true);
        expect(text.endsWith(last)).toBe(true);
        expect(bytesOf(first + last, codePage).length + bytesCut).toBe(bytes.length);
        expect(first.length + last.length).toBeGreaterThan(bytesMax / 10);
      }),
      parameters,
    );
  });

  test("is cut between characters also where it is one long line", () => {
    const text = `当前代码页\r\n${"你好, abc ".repeat(100)}`;
    const bytes = bytesOf(text, 936);
    for (let bytesMax = 60; bytesMax < 90; bytesMax++) {
      const [first, last] = ends(bytes, bytesMax, 936);
      expect([text.startsWith(first), text.endsWith(last)]).toEqual([true, true]);
      expect(last.length).toBeGreaterThan(12);
    }
  });

  test("is cut between characters in UTF-16 and in UTF-8", () => {
    fc.assert(
      fc.property(lines(["你好", "abc def", "😀"]), fc.integer({ min: 80, max: 111 }), (text, bytesMax) => {
        const utf16 = Buffer.from(`\ufeff${text}`, "utf16le");
        for (const bytes of [utf16, Buffer.from(text)]) {
          const [first, last] = ends(bytes, bytesMax, 936);
          expect(text.startsWith(first)).toBe(true);
          expect(text.endsWith(last)).toBe(true);
          expect(first.length + last.length).toBeGreaterThan(bytesMax / 8);
        }
      }),
      parameters,
    );
  });
});
