/** Messages to begin with, and random damage to them. */
import type { Random } from "../../support/random.ts";

const filler = "lorem ipsum \\n dolor ".repeat(40);

export const seedMessages: readonly Buffer[] = [
  '{"result":{"content":[{"type":"text","text":"hello \\"id\\": 3"}],"isError":false},"jsonrpc":"2.0","id":17}',
  '{"jsonrpc":"2.0","id":17,"result":{"content":[],"structuredContent":{"id":4,"result":[1,2]}}}',
  '{"result":{"a":"\\u0069d"},"id":17,"jsonrpc":"2.0"}',
  '{"jsonrpc": "2.0", "id": "abc", "result": {"x": null, "y": -1.5e3}}',
  '{"jsonrpc":"2.0","id":5,"error":{"code":-32000,"message":"no","data":{"id":1}}}',
  '{"jsonrpc":"2.0","method":"sampling/createMessage","params":{"id":3},"id":9}',
  '{"method":"notifications/progress","params":{"progressToken":"1.2","progress":3},"jsonrpc":"2.0"}',
  `{"result":{"content":[{"type":"text","text":"${filler}"}]},"jsonrpc":"2.0","id":17}`,
  `{"jsonrpc":"2.0","id":17,"result":{"content":[{"type":"text","text":"${filler}"}]}}`,
].map((text) => Buffer.from(text));

const snippets: readonly Buffer[] = [
  '"id":99',
  ',"id":99',
  '"id"',
  '"\\u0069d":99,',
  ',"i\\u0064":99',
  '"method":"x",',
  '"error":{},',
  '"result":1,',
  '{"id":99}',
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\\u006",
  '"jsonrpc":"2.0",',
  '"params":1,',
  "\\\\",
  '\\"',
  " ",
  "\n",
  "}}",
  '"}',
  "0",
  "-",
  "1e9",
  "\u00e9",
].map((text) => Buffer.from(text));

export function mutated(message: Buffer, chance: Random): Buffer {
  let bytes = message;
  for (let rounds = 1 + chance.below(3); rounds > 0; rounds -= 1) bytes = mutateOnce(bytes, chance);
  return bytes;
}

function mutateOnce(bytes: Buffer, chance: Random): Buffer {
  const at = place(bytes, chance);
  switch (chance.below(6)) {
    case 0: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at] = chance.below(256);
      return copy;
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + chance.below(4))]);
    case 2: {
      const from = place(bytes, chance);
      return Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(from, from + chance.below(24)),
        bytes.subarray(at),
      ]);
    }
    case 3:
      return bytes.subarray(0, at);
    default:
      return Buffer.concat([bytes.subarray(0, at), chance.pick(snippets), bytes.subarray(at)]);
  }
}

/** Mostly where the structure is: at a comma, a brace or a quote. */
function place(bytes: Buffer, chance: Random): number {
  const at = chance.below(Math.max(1, bytes.length));
  if (chance.below(3) === 0) return at;
  const found = bytes.indexOf(chance.pick([",", "{", "}", '"', ":"]), at);
  return found < 0 ? at : found + chance.below(2);
}
