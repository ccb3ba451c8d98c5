import { expect, test } from "bun:test";
import { RowReader } from "../../../servers/wmi/src/row-reader.ts";

const encoder = new TextEncoder();

function read(text: string, chunkBytes = text.length): RowReader {
  const reader = new RowReader("MARK", 2, 1_000);
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes));
  return reader;
}

test("rows, a fault and the end are told from everything else, however the output is cut", () => {
  const text =
    'noise\nMARK begin\r\nMARK row {"a":1}\r\nnoise MARK row {"a":2}\nMARK fault {"code":5}\nMARK end\n';
  for (const size of [1, 7, text.length]) {
    const reader = read(text, size);
    expect(reader.rows).toEqual([{ a: 1 }, { a: 2 }]);
    expect(reader.fault).toEqual({ code: 5 });
    expect([reader.hasBegun, reader.hasEnded, reader.hasMore]).toEqual([true, true, false]);
  }
});

test("a fault that can't be read is still a fault", () => {
  expect(read("MARK fault {\n").fault).toEqual({});
  expect(read("MARK begin\n").fault).toBeUndefined();
});

test("what is beyond the bounds, or no row, is missing and said to be", () => {
  expect(read('MARK row {"a":1}\nMARK row {"a":2}\nMARK row {"a":3}\n')).toMatchObject({
    rows: [{ a: 1 }, { a: 2 }],
    hasMore: true,
  });
  for (const bad of ["MARK row [1]\n", "MARK row {\n", `MARK row {"a":"${"x".repeat(2_000)}"}\n`])
    expect(read(bad)).toMatchObject({ rows: [], hasMore: true });
});
