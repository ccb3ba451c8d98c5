/** Notifications and requests read and changed in place, against JSON.parse and a reader that lists all members. */
import { describe, expect, test } from "bun:test";
import { applyEdits, MessageView, ObjectView, readEnvelope } from "@mcp-gateway/mcp";
import { deepEquals } from "bun";
import fc from "fast-check";
import { random, seedFromEnvironment } from "../../support/random.ts";
import { topLevelMembers } from "./envelope-oracle.ts";
import { mutated } from "./mutation.ts";
import { options } from "./options.ts";

const space = fc.constantFrom("", "", "", " ", "\n", " \t\r\n");
const keySpellings = [
  "progressToken",
  "progressToken",
  "\\u0070rogressToken",
  "progressToke\\u006e",
  "progress",
  "_meta",
  "\\u005fmeta",
  "logger",
  "x",
  "",
  "__proto__",
  "10",
  "9",
  'progressToken\\"',
  "progresstoken",
];
const keys = fc.constantFrom(...keySpellings);
const scalars = fc.constantFrom(
  '"theirs"',
  '"\\ud800"',
  '"}\\",\\"progressToken\\":1"',
  "9007199254740993",
  "1e400",
  "-0",
  "1.0",
  "null",
  "[]",
  "{}",
  '[{"progressToken":2}]',
);
const { object: anyObject } = fc.letrec<{ object: string; value: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3, depthSize: "small" }, scalars, tie("object")),
  object: fc
    .array(fc.tuple(space, keys, space, tie("value"), space), { maxLength: 5 })
    .map(
      (members) =>
        `{${members.map(([a, key, b, value, c]) => `${a}"${key}"${b}:${b}${value}${c}`).join(",")}}`,
    ),
}));

const mine = '"the client\'s own"';
const setMine = { params: { set: { progressToken: mine } } };

/** What is wrong with the message once its token is replaced; `undefined`: nothing. */
function tokenViolation(message: Buffer): string | undefined {
  const envelope = readEnvelope(message);
  if (envelope === undefined || envelope.kind === "response") return undefined; // It never gets that far.
  const changed = MessageView.read(message)?.with(setMine);
  if (changed === undefined) return undefined; // Dropped: nobody sees anything.
  const text = Buffer.from(changed).toString();
  const before = JSON.parse(message.toString());
  const after = JSON.parse(text);
  const params = topLevelMembers(text).filter(([key]) => key === "params");
  if (params.length !== 1) return `a reader sees ${params.length} params`;
  const tokens = topLevelMembers(params[0]?.[1] ?? "").filter(([key]) => key === "progressToken");
  if (tokens.length !== 1 || tokens[0]?.[1] !== mine) return `a reader sees ${JSON.stringify(tokens)}`;
  const expected = { ...before, params: { ...before.params, progressToken: JSON.parse(mine) } };
  return deepEquals(after, expected) ? undefined : "more than the token has changed";
}

describe("a notification under the client's own token", () => {
  test("shows no reader another token, whatever a backend sends", () => {
    const messages = fc
      .tuple(anyObject, anyObject, fc.constantFrom("", ',"params":{}', ',"params":[]', ',"x":1,"x":2'), space)
      .map(([params, meta, more, gap]) => {
        const withMeta = params.replace("{", `{"_meta":${meta}${/^\{\s*\}$/.test(params) ? "" : ","}`);
        return `{"jsonrpc":"2.0","method":"notifications/progress",${gap}"params":${withMeta}${more}}`;
      });
    let changed = 0;
    fc.assert(
      fc.property(messages, (message) => {
        const bytes = Buffer.from(message);
        expect(tokenViolation(bytes)).toBeUndefined();
        if (MessageView.read(bytes)?.with(setMine) !== undefined) changed += 1;
      }),
      options(5_000),
    );
    expect(changed).toBeGreaterThan(100);
  });

  test("holds under mutation", () => {
    const chance = random(seedFromEnvironment());
    const whole = Buffer.from(
      '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"1.2","progress":3,' +
        '"message":"\\u0070 \\" }","_meta":{"a":9007199254740993,"progressToken":5}}}',
    );
    for (let count = 0; count < 15_000; count += 1) {
      const bytes = mutated(whole, chance);
      const violation = tokenViolation(bytes);
      if (violation !== undefined)
        throw new Error(`seed ${chance.seed}: ${violation}: ${bytes.toString("latin1")}`);
    }
  });
});

describe("edits of an object", () => {
  test("set what is to be set, leave out what is to be left out, and keep every other byte", () => {
    const sets = fc.dictionary(keys, fc.constantFrom("1", '"set"', "{}"), { maxKeys: 3 });
    fc.assert(
      fc.property(anyObject, sets, fc.subarray([...keySpellings]), space, (text, set, dropped, gap) => {
        const bytes = Buffer.from(`${gap}${text}`);
        const edits = ObjectView.at(bytes, 0)?.edits({ set, drop: (key) => dropped.includes(key) }) ?? [];
        const after = Buffer.from(applyEdits(bytes, edits)).toString();
        const isKept = ([key]: readonly [string, string]): boolean =>
          Object.hasOwn(set, key) || !dropped.includes(key);
        const kept = topLevelMembers(text).filter(isKept);
        const names = new Set(kept.map(([key]) => key));
        const added = Object.entries(set).filter(([key]) => !names.has(key));
        const expected = [
          ...added,
          ...kept.map(([key, value]) => [key, Object.hasOwn(set, key) ? set[key] : value]),
        ];
        JSON.parse(after);
        expect<unknown>(topLevelMembers(after.trim())).toEqual(expected);
      }),
      options(3_000),
    );
  });
});
