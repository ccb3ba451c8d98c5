/** Envelope and splice against JSON.parse: ordinary, hostile and mutated messages. */
import { describe, expect, test } from "bun:test";
import { readEnvelope } from "@mcp-gateway/mcp";
import fc from "fast-check";
import { random, seedFromEnvironment } from "../../support/random.ts";
import { envelopeViolation } from "./envelope-oracle.ts";
import { mutated, seedMessages } from "./mutation.ts";
import { options } from "./options.ts";

const space = fc.constantFrom("", "", "", " ", "\n", " \t\r\n");
const padding = fc.constantFrom("", "x".repeat(600), '\\"id\\":1,'.repeat(80));
const keySpellings = [
  "id",
  "id",
  "method",
  "result",
  "error",
  "jsonrpc",
  "params",
  "x",
  "",
  "__proto__",
  "ID",
  "Id",
  "iD",
  "\\u0069d",
  "i\\u0064",
  "\\u0069\\u0064",
  "\\u006dethod",
  "metho\\u0064",
  "\\u0072esult",
  "resul\\u0074",
  "\\u0065rror",
  "jsonrp\\u0063",
  'a\\"id',
  "id\\\\",
  "\\\\u0069d",
  'id\\"',
  "\u0131d",
  "i\\u0044",
  "_meta",
  "\\u005fmeta",
  "resultType",
  "ttlMs",
  "cacheScope",
];
const traps = [
  '","id":5}',
  '{"id":5}',
  '"id":5',
  "}",
  "]}",
  "\\",
  '\\"',
  ',"jsonrpc":"2.0","id":5}',
  "\u2028",
  "\u{1f600}",
  "\ud83d",
  "2.0",
  "\u0007",
  '"result":',
  "id",
];
const keys = fc.constantFrom(...keySpellings);
const numbers = fc.constantFrom(
  "0",
  "7",
  "-1",
  "12345",
  "1.5",
  "1e3",
  "-0",
  "9007199254740993",
  "1E+2",
  "01",
  "1.",
  "+1",
);
const strings = fc
  .oneof(fc.string({ unit: "binary" }), fc.constantFrom(...traps))
  .map((value) => JSON.stringify(value));
const scalars = fc.oneof(
  numbers,
  strings,
  fc.constantFrom('"2.0"', "null", "true", "false", '"\\u0069d"', "nul", '"\\x"'),
);
const { value: anyValue } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalars,
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
    fc
      .array(fc.tuple(keys, space, tie("value")), { maxLength: 3 })
      .map((members) => `{${members.map(([key, gap, value]) => `"${key}"${gap}:${gap}${value}`).join(",")}}`),
  ),
}));

const member = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('"jsonrpc":"2.0"', '"jsonrpc": "2.0"') },
  { weight: 3, arbitrary: numbers.map((id) => `"id":${id}`) },
  { weight: 1, arbitrary: strings.map((id) => `"id":${id}`) },
  { weight: 3, arbitrary: anyValue.map((value) => `"result":${value}`) },
  { weight: 1, arbitrary: anyValue.map((value) => `"error":${value}`) },
  { weight: 1, arbitrary: fc.constantFrom('"method":"m"', '"params":{}') },
  { weight: 2, arbitrary: fc.tuple(keys, anyValue).map(([key, value]) => `"${key}":${value}`) },
  { weight: 1, arbitrary: padding.map((text) => `"pad":"${text}"`) },
);
const hostile = fc
  .tuple(
    fc.array(fc.tuple(space, member, space), { minLength: 2, maxLength: 7 }),
    fc.constantFrom("", "", "", " ", "}", "x", "\n"),
  )
  .map(([members, rest]) => `{${members.map((parts) => parts.join("")).join(",")}}${rest}`);

/** A well-formed response with one or two hostile members put anywhere. */
const nearlyGood = fc
  .tuple(
    fc.shuffledSubarray(['"jsonrpc":"2.0"', '"id":7', '"result":{"content":[]}'], { minLength: 3 }),
    fc.array(fc.tuple(fc.nat({ max: 3 }), member), { maxLength: 2 }),
    space,
    padding,
  )
  .map(([members, extras, gap, pad]) => {
    const all = members.map((text) => text.replace("[]", `[${JSON.stringify(pad)}]`));
    for (const [at, extra] of extras) all.splice(at, 0, extra);
    return `{${gap}${all.join(`${gap},${gap}`)}${gap}}`;
  });

describe("readEnvelope", () => {
  test("gives a reader no other id than the spliced one, whatever a backend sends", () => {
    fc.assert(
      fc.property(fc.oneof(hostile, nearlyGood), (message) => {
        expect(envelopeViolation(Buffer.from(message))).toBeUndefined();
      }),
      options(5_000),
    );
  });

  test("understands every message that a serialiser writes", () => {
    const forms = fc.record({
      id: fc.oneof(fc.nat(), fc.string(), fc.maxSafeInteger()),
      result: fc.jsonValue(),
      form: fc.constantFrom("sdk", "early", "csharp", "python", "indented"),
      pad: padding,
    });
    fc.assert(
      fc.property(forms, ({ id, result, form, pad }) => {
        const body = { content: [pad, result] };
        const text = {
          sdk: () => JSON.stringify({ result: body, jsonrpc: "2.0", id }),
          early: () => JSON.stringify({ jsonrpc: "2.0", id, result: body }),
          csharp: () => JSON.stringify({ result: body, id, jsonrpc: "2.0" }),
          python: () => `{"jsonrpc": "2.0", "id": ${JSON.stringify(id)}, "result": ${JSON.stringify(body)}}`,
          indented: () => JSON.stringify({ id, jsonrpc: "2.0", result: body }, undefined, 2),
        }[form]();
        const bytes = Buffer.from(text);
        const read = readEnvelope(bytes);
        expect(read?.kind).toBe("response");
        expect(envelopeViolation(bytes)).toBeUndefined();
      }),
      options(2_000),
    );
  });

  test("holds under mutation", () => {
    const chance = random(seedFromEnvironment());
    for (let count = 0; count < 15_000; count += 1) {
      const bytes = mutated(chance.pick(seedMessages), chance);
      const violation = envelopeViolation(bytes);
      if (violation !== undefined)
        throw new Error(`seed ${chance.seed}: ${violation}: ${bytes.toString("latin1")}`);
    }
  });
});
