import { expect, test } from "bun:test";
import {
  instanceCapabilities,
  refusalOf,
  sharedCapabilities,
} from "../../../../apps/supervisor/src/told-capabilities.ts";

test("a session's own backend is told everything but tasks", () => {
  const declared = {
    roots: { listChanged: true },
    sampling: { tools: {}, context: {} },
    elicitation: {},
    experimental: { x: { y: 1 } },
    extensions: { "io.modelcontextprotocol/ui": { mimeTypes: ["a"] } },
  };
  expect(instanceCapabilities(declared)).toEqual(declared);
  expect(instanceCapabilities({})).toEqual({});
  expect(
    instanceCapabilities({
      ...declared,
      tasks: { list: {} },
      extensions: { ...declared.extensions, "io.modelcontextprotocol/tasks": {} },
    }),
  ).toEqual(declared);
});

test("who may be asked for what", () => {
  const methods = ["sampling/createMessage", "elicitation/create", "roots/list", "vendor/anything"];
  const codesOf = (told: object, isOwn: boolean, hasOwner: boolean) =>
    methods.map((method) => refusalOf({ method, told: { ...told }, isOwn, hasOwner })?.code ?? "asked");
  expect(codesOf(sharedCapabilities, false, true)).toEqual(["asked", "asked", "asked", "asked"]);
  expect(codesOf(sharedCapabilities, false, false)).toEqual([
    "asked",
    "asked",
    "client-request-unattributed",
    "asked",
  ]);
  for (const hasOwner of [true, false]) {
    // The gateway that knows the session decides.
    expect(codesOf({}, true, hasOwner)).toEqual(["asked", "asked", "asked", "asked"]);
  }
});
