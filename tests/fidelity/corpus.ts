/**
 * Odd JSON, as text: what servers may send and no reader and writer of JSON gives back as it was. Each piece is the
 * members of an object without its braces, so that it can stand in a result, an error, an item or a parameter.
 */

export interface OddPiece {
  readonly name: string;
  /** `"a":1,"b":2`, or nothing. */
  readonly members: string;
  /** Line ends can't stand within a message on a pipe, where they end it. */
  readonly hasLineEnds?: true;
  /** Left out where the same piece would be sent many times. */
  readonly isHuge?: true;
}

const levels = (count: number, open: string, close: string): string =>
  `${open.repeat(count)}${close.repeat(count)}`;
const tenMegabytes = 10 * 1024 * 1024;

export const oddPieces: readonly OddPiece[] = [
  { name: "nothing", members: "" },
  {
    name: "unknown kinds of content",
    members: '"content":[{"type":"hologram","x":1},{"type":""},{"type":7},{}],"structuredContent":[1,[2]]',
  },
  { name: "members nobody knows", members: '"zzz":{"a/b":null},"\\u00e9":"é","":0," ":" ","constructor":1' },
  { name: "a member __proto__", members: '"__proto__":{"polluted":true},"constructor":{"prototype":{}}' },
  { name: "keys in no order", members: '"b":1,"a":2,"10":3,"9":4,"content":[],"A":5' },
  {
    name: "big integers",
    members: '"n":[9007199254740993,-9007199254740993,123456789012345678901234567890]',
  },
  { name: "numbers beyond a double", members: '"n":[1e400,-1e400,1e-400,2.5E+308,0.1e-999]' },
  { name: "spellings of numbers", members: '"n":[-0,-0.0,1.0,1.50,1E5,1e+05,0e0,0.30000000000000004]' },
  { name: "long fractions", members: `"pi":3.${"1415926535".repeat(20)}` },
  {
    name: "lone surrogates, escaped",
    members: '"s":["\\ud800","\\udc00x","\\uDBFF\\u0041","\\ude00\\ud83d"]',
  },
  {
    name: "escapes that need not be",
    members: '"s":"\\u0061\\/\\u002f\\u0022\\\\u0061","\\u0061":"\\b\\f\\n\\r\\t"',
  },
  {
    name: "NUL and other controls, escaped",
    members: '"s":"\\u0000a\\u0000","\\u0000":"\\u001b[2J\\u0007\\u007f"',
  },
  { name: "byte order marks within", members: '"\ufeffbom":"\ufeff","s":"\\ufeffa\ufeff","t":"\ufffe"' },
  { name: "separators that are line ends elsewhere", members: '"s":"\u2028\u2029\u0085"' },
  {
    name: "characters beyond the first plane",
    members: '"😀":"𝒳\u{10ffff}","s":"e\u0301 \u202e rtl \u200d"',
  },
  { name: "equal keys", members: '"dup":1,"dup":{"dup":2,"dup":3},"dup":[{"x":1,"x":2}]' },
  {
    name: "members named like an envelope's",
    members: '"o":{"jsonrpc":"1.0","id":99,"method":"x","result":{"id":1},"error":null,"params":[]}',
  },
  {
    name: "a whole message inside",
    members:
      '"o":{"jsonrpc":"2.0","id":1,"result":{}},"s":"{\\"jsonrpc\\":\\"2.0\\",\\"id\\":1,\\"result\\":{}}"',
  },
  {
    name: "escaped spellings of an envelope's members",
    members: '"o":{"\\u0069d":5,"i\\u0064":6,"resul\\u0074":7,"\\u006dethod":"m","jsonrp\\u0063":"2.0"}',
  },
  { name: "text that looks like the end", members: '"s":"}],\\"id\\":7}","t":"\\\\","u":"\\\\\\"}"' },
  { name: "server-sent events inside", members: '"s":"\\n\\ndata: {}\\n\\nevent: endpoint\\rid: 1\\r\\n"' },
  { name: "empty things", members: '"a":{},"b":[],"c":"","d":[{}],"e":[[]],"f":null,"g":false' },
  { name: "1,000 arrays", members: `"deep":${levels(1_000, "[", "]")}` },
  { name: "1,000 objects", members: `"deep":${'{"x":'.repeat(1_000)}1${"}".repeat(1_000)}` },
  { name: "5,000 levels", members: `"deep":${levels(2_500, '[{"a":[],"x":', "}]").replace(":}", ":0}")}` },
  {
    name: "10,000 members",
    members: Array.from({ length: 10_000 }, (_, index) => `"k${index}":${index}`).join(","),
  },
  { name: "a key of 100,000 characters", members: `"${"k".repeat(100_000)}":1` },
  { name: "spaces and tabs between tokens", members: ' "a" :\t[ 1 ,  2 ] ,\t"b" : { } ' },
  { name: "line ends between tokens", members: '\n "a":\r\n [1,\n\n2]\r,\n"b":{\n}\n', hasLineEnds: true },
  {
    name: "ten megabytes of text",
    members: `"text":"${"0123456789abcdef".repeat(tenMegabytes / 16)}"`,
    isHuge: true,
  },
  { name: "a megabyte of escapes", members: `"text":"${"\\u00e9\\n\\\\".repeat(100_000)}"`, isHuge: true },
];

/** Results that are no objects. No revision has such, and it is not for the gateway to mend them. */
export const oddValues: readonly string[] = [
  "null",
  "true",
  "0",
  "-0",
  "1e400",
  '""',
  '"\\ud800"',
  "[]",
  '[{"id":1}]',
  "{}",
  "{ }",
];
