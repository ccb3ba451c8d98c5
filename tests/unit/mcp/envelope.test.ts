/** Messages of a backend: what they are, and where their id stands. */
import { describe, expect, test } from "bun:test";
import { type Envelope, readEnvelope, readIntegerId } from "@mcp-gateway/mcp";

const long = "x".repeat(2_000);

/** The id as it stands in the message: `7` or `"abc"`. */
function idText(bytes: Uint8Array, { idStart, idEnd }: Exclude<Envelope, { kind: "notification" }>): string {
  return Buffer.from(bytes.subarray(idStart, idEnd)).toString();
}

/** Once as it is, once long. */
function inBothSizes(message: string): Buffer[] {
  return [Buffer.from(message), Buffer.from(message.replace("PAD", long))];
}

describe("a response", () => {
  test.each([
    ['{"result":{"t":"PAD"},"jsonrpc":"2.0","id":17}', "17", false],
    ['{"result":{"t":"PAD"},"id":17,"jsonrpc":"2.0"}', "17", false],
    ['{"jsonrpc":"2.0","id":17,"result":{"t":"PAD"}}', "17", false],
    ['{"id":17,"jsonrpc":"2.0","result":{"t":"PAD"}}', "17", false],
    ['{"jsonrpc": "2.0", "id": 17, "result": {"t": "PAD"}}', "17", false],
    [' {\n"result" : {"t":"PAD"} ,\r\n"jsonrpc" :\t"2.0", "id" : 17 } \n', "17", false],
    ['{"jsonrpc":"2.0","result":{"t":"PAD"},"id":"a\\u0062"}', '"a\\u0062"', false],
    ['{"jsonrpc":"2.0","result":{"id":1,"result":2,"error":3,"method":"PAD"},"id":0}', "0", false],
    ['{"jsonrpc":"2.0","id":-1.5e3,"result":["PAD"]}', "-1.5e3", false],
    ['{"jsonrpc":"2.0","id":17,"error":{"code":-32000,"message":"PAD","data":{"id":3}}}', "17", true],
    ['{"result":{"t":"\\"id\\":3,PAD"},"jsonrpc":"2.0","id":17}', "17", false],
    ['{"result":{"t":"\\u001b[0m \\u0069d PAD"},"jsonrpc":"2.0","id":17}', "17", false],
    ['{"result":"PAD","extra":{"id":[1]},"ID":4,"Method":5,"jsonrpc":"2.0","id":17}', "17", false],
    ['{"params":1,"params":2,"result":"PAD","jsonrpc":"2.0","id":17}', "17", false],
  ])("is understood: %s", (message, id, isError) => {
    for (const bytes of inBothSizes(message)) {
      const read = readEnvelope(bytes);
      expect(read).toMatchObject({ kind: "response", isError });
      expect(read?.kind === "response" ? idText(bytes, read) : undefined).toBe(id);
    }
  });

  test.each([
    ['{"content":[],"structuredContent":{"_meta":1,"resultType":"PAD"}}', true],
    ["{}", true],
    [' { "t" : "PAD" , "meta":{"_meta":1} } ', true],
    ['{"t":"\\"_meta\\":PAD","TTLMS":1}', true],
    [`{"${"\\u00e9".repeat(11)}":"PAD"}`, true],
    ['{"t":"PAD","_meta":{}}', false],
    ['{"resultType":"complete","t":"PAD"}', false],
    ['{"t":"PAD","ttlMs":1}', false],
    ['{"t":"PAD","cacheScope" :"public","u":1}', false],
    ['{"t":"PAD","\\u005fmeta":{}}', false],
    ['{"\\u0072\\u0065\\u0073\\u0075\\u006c\\u0074\\u0054\\u0079\\u0070\\u0065":"PAD"}', false],
    ['{"_m\\u0065ta":"PAD","t":1}', false],
    ['["PAD"]', false],
    ['"PAD"', false],
    ["null", false],
  ])("with the result %s is plain: %p", (result, isPlain) => {
    for (const message of [
      `{"jsonrpc":"2.0","id":1,"result":${result}}`,
      `{"result":${result},"jsonrpc":"2.0","id":1}`,
    ])
      for (const bytes of inBothSizes(message)) expect(readEnvelope(bytes)).toMatchObject({ isPlain });
  });
});

describe("a message is refused", () => {
  test.each([
    ["with two ids", '{"id":1,"result":"PAD","jsonrpc":"2.0","id":2}'],
    ["with two ids, one hidden by an escape", '{"jsonrpc":"2.0","id":1,"result":"PAD","\\u0069d":2}'],
    [
      "with two ids, one hidden by an escape, the other way round",
      '{"\\u0069\\u0064":2,"result":"PAD","jsonrpc":"2.0","id":1}',
    ],
    ["with an escaped id before the one at the end", '{"result":"PAD","i\\u0064":2,"jsonrpc":"2.0","id":1}'],
    ["with only an escaped id", '{"jsonrpc":"2.0","result":"PAD","\\u0069d":2}'],
    ["with two results", '{"result":1,"result":"PAD","jsonrpc":"2.0","id":1}'],
    ["with an escaped second result", '{"result":1,"resul\\u0074":"PAD","jsonrpc":"2.0","id":1}'],
    ["with result and error", '{"result":1,"error":{"message":"PAD"},"jsonrpc":"2.0","id":1}'],
    ["with result and method", '{"result":"PAD","method":"x","jsonrpc":"2.0","id":1}'],
    ["with error and method", '{"error":{"m":"PAD"},"method":"x","jsonrpc":"2.0","id":1}'],
    ["with two methods", '{"method":"x","method":"PAD","jsonrpc":"2.0","id":1}'],
    ["with two params", '{"method":"PAD","params":{},"params":{},"jsonrpc":"2.0","id":1}'],
    ["with two versions", '{"jsonrpc":"2.0","result":"PAD","jsonrpc":"2.0","id":1}'],
    ["without a version", '{"result":"PAD","id":1}'],
    ["with another version", '{"jsonrpc":"1.0","result":"PAD","id":1}'],
    ["with the id null", '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"PAD"}}'],
    ["with the id null and a result", '{"result":"PAD","jsonrpc":"2.0","id":null}'],
    ["with an object as id", '{"result":"PAD","jsonrpc":"2.0","id":{"id":1}}'],
    ["with a list as id", '{"jsonrpc":"2.0","id":[1],"result":"PAD"}'],
    ["with an error that is no object", '{"jsonrpc":"2.0","id":1,"error":"PAD"}'],
    ["with a method that is no string", '{"jsonrpc":"2.0","id":1,"method":["PAD"]}'],
    ["with neither result, error nor method", '{"jsonrpc":"2.0","id":1,"x":"PAD"}'],
    ["with a result and no id", '{"jsonrpc":"2.0","result":"PAD"}'],
    ["with something behind it", '{"result":"PAD","jsonrpc":"2.0","id":1}{'],
    [
      "with another message behind it",
      '{"result":"PAD","jsonrpc":"2.0","id":1}{"jsonrpc":"2.0","id":2,"result":1}',
    ],
    ["with something before it", '[]{"result":"PAD","jsonrpc":"2.0","id":1}'],
    ["as a list", '[{"result":"PAD","jsonrpc":"2.0","id":1}]'],
    ["cut off", '{"result":"PAD","jsonrpc":"2.0","id":1'],
    ["with the id's key cut by an escaped quote", '{"result":"PAD","x\\"id":7,"jsonrpc":"2.0"}'],
    ["with the version's key cut by an escaped quote", '{"result":"PAD","x\\"jsonrpc":"2.0","id":7}'],
    ["with the version's value cut by an escaped quote", '{"result":"PAD","id":7,"jsonrpc":"x\\"2.0"}'],
    ["with the id within a string at the end", '{"result":"PAD","x":",\\"jsonrpc\\":\\"2.0\\",\\"id\\":7}"}'],
    ["with the id within an object at the end", '{"result":"PAD","x":{"jsonrpc":"2.0","id":7}}'],
  ])("%s", (_, message) => {
    for (const bytes of inBothSizes(message)) expect(readEnvelope(bytes)).toBeUndefined();
  });

  test.each([
    "",
    " ",
    "null",
    "{}",
    "x",
    "\ufeff{}",
    "5",
    "{",
    '{"',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    "{,}",
    "Listening on 3000",
  ])("when it is %j", (message) => expect(readEnvelope(Buffer.from(message))).toBeUndefined());

  test.each([
    "01",
    "1.",
    ".5",
    "+1",
    "1e",
    "0x1",
    "tru",
    "nulll",
    "'a'",
    '"\\x"',
    '"\\u12"',
    '"\u0001"',
    "[1,]",
    "[1 2]",
    "{1:2}",
    '{"a" 1}',
    "[}",
    "{]",
    "NaN",
  ])("when it holds the malformed value %s", (value) =>
    expect(readEnvelope(Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${value}}`))).toBeUndefined(),
  );
});

describe("a large message is refused when it is broken in its middle", () => {
  const whole = (middle: string): Buffer =>
    Buffer.from(
      `{"result":{"a":"${long.repeat(4)}","b":[${middle}],"c":"${long.repeat(4)}"},"jsonrpc":"2.0","id":17}`,
      "latin1",
    );

  test.each([
    ["a bracket too many", "1]"],
    ["a bracket of the other kind", "1}"],
    ["an object left open", '{"x":1'],
    ["a comma too many", "1,"],
    ["no comma", "1 2"],
    ["a word", "undefined"],
    ["a string left open", '"'],
    ["an unknown escape", '"\\x"'],
    ["half an escape", '"\\u12"'],
    ["a line end in a string", '"a\nb"'],
    ["a NUL in a string", '"\0"'],
    ["a line end far within plain text", `"${"x".repeat(5_000)}\n"`],
    ["a control character far within text in other letters", `"${"\xc3\xa9".repeat(3_000)}\x1f"`],
    ["a control character between escapes", `"${"x".repeat(2_000)}\\n${"x".repeat(2_000)}\x07\\n"`],
    ["half a character", '"\xc3"'],
    ["a character in too many bytes", '"\xc0\xa2"'],
    ["half of a surrogate pair in UTF-8", '"\xed\xa0\x80"'],
  ])("%s", (_, middle) => expect(readEnvelope(whole(middle))).toBeUndefined());

  test("and only then", () => {
    for (const middle of [
      "",
      "[[]]",
      `"${"x".repeat(5_000)}"`,
      `"${"x".repeat(2_000)}\\n${"\xc3\xa9".repeat(2_000)}\\""`,
    ])
      expect(readEnvelope(whole(middle))?.kind).toBe("response");
  });
});

describe("requests and notifications", () => {
  test("are told apart by their id, and the method is decoded", () => {
    const request = Buffer.from(
      '{"method":"sampling\\/createMessage","params":{"id":4},"jsonrpc":"2.0","id":"q"}',
    );
    const read = readEnvelope(request);
    expect(read).toMatchObject({ kind: "request", method: "sampling/createMessage" });
    expect(read?.kind === "request" ? idText(request, read) : undefined).toBe('"q"');
    expect(
      readEnvelope(Buffer.from('{"jsonrpc":"2.0","method":"notifications/message","params":{}}')),
    ).toEqual({
      kind: "notification",
      method: "notifications/message",
    });
  });
});

test("a million brackets cost no stack", () => {
  const depth = 1_000_000;
  const bytes = Buffer.from(
    `{"jsonrpc":"2.0","id":1,"x":${"[".repeat(depth)}${"]".repeat(depth)},"result":1}`,
  );
  expect(readEnvelope(bytes)?.kind).toBe("response");
  expect(readEnvelope(bytes.subarray(0, depth))).toBeUndefined();
});

test("a view into a larger buffer is read by its own positions", () => {
  const whole = Buffer.from(`{"id":9}{"result":"${long}","jsonrpc":"2.0","id":1}{"id":9}`);
  const view = new Uint8Array(whole.buffer, whole.byteOffset + 8, whole.length - 16);
  const read = readEnvelope(view);
  expect(read?.kind === "response" ? idText(view, read) : undefined).toBe("1");
});

describe("readIntegerId", () => {
  test.each([
    ["0", 0],
    ["7", 7],
    ["9007199254740991", 9_007_199_254_740_991],
    ["9007199254740992", undefined],
    ["99999999999999999", undefined],
    ["-1", undefined],
    ["01", undefined],
    ["1.0", undefined],
    ["1e3", undefined],
    ['"1"', undefined],
    ["", undefined],
  ])("reads %s as %p", (text, id) => {
    const bytes = Buffer.from(`--${text}--`);
    expect(readIntegerId(bytes, 2, 2 + text.length)).toBe(id);
  });
});
