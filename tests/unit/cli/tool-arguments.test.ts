import { describe, expect, test } from "bun:test";
import { prepareCallArguments } from "../../../apps/cli/src/commands/call.ts";
import { plainPaint } from "../../../apps/cli/src/terminal.ts";
import { toolArguments } from "../../../apps/cli/src/tool-arguments.ts";
import { resultText } from "../../../apps/cli/src/view/result-view.ts";
import { signature } from "../../../apps/cli/src/view/signature.ts";
import { filterTools, type ToolEntry, toolLines } from "../../../apps/cli/src/view/tools-view.ts";

const schema = {
  type: "object",
  required: ["path"],
  properties: {
    depth: { type: "integer", default: 2 },
    path: { type: "string" },
    ratio: { type: "number" },
    all: { type: "boolean" },
    kinds: { type: "array", items: { enum: ["file", "folder"] } },
    ids: { type: "array", items: { type: "integer" } },
    mode: { enum: ["fast", "slow", 3] },
    extra: { type: "object" },
    either: { type: ["integer", "string", "null"] },
    any: {},
  },
};

function read(...words: string[]): Record<string, unknown> {
  return toolArguments(["path=/x", ...words], undefined, schema);
}

describe("arguments of a call", () => {
  test("become what the tool's schema says", () => {
    expect(
      read("depth=3", "ratio=0.5", "all=true", "kinds=file,folder", "ids=1,2", "mode=3", "either=7", "any=7"),
    ).toEqual({
      path: "/x",
      depth: 3,
      ratio: 0.5,
      all: true,
      kinds: ["file", "folder"],
      ids: [1, 2],
      mode: 3,
      either: 7,
      any: "7",
    });
    expect(toolArguments(["path=12"], undefined, schema)).toEqual({ path: "12" });
    expect(read("all=no", 'extra={"a":1}', "either=null", "ids=[3]")).toEqual({
      path: "/x",
      all: false,
      extra: { a: 1 },
      either: null,
      ids: [3],
    });
    expect(read("either=seven", "any=a=b")).toEqual({ path: "/x", either: "seven", any: "a=b" });
  });

  test("may be JSON, one by one or all together", () => {
    expect(read('any:={"deep":[1,2]}', "depth:=4")).toEqual({ path: "/x", any: { deep: [1, 2] }, depth: 4 });
    expect(toolArguments(["depth=1"], '{"path":"/y","depth":9}', schema)).toEqual({ path: "/y", depth: 1 });
    expect(prepareCallArguments(["a/b", "--json", '{"x":1}'])).toEqual(["a/b", "--args", '{"x":1}']);
    expect(prepareCallArguments(["a/b", "--json", "x=1"])).toEqual(["a/b", "--json", "x=1"]);
  });

  test("repeated make a list", () => {
    expect(read("kinds=file", "kinds=folder")).toEqual({ path: "/x", kinds: ["file", "folder"] });
    expect(() => read("depth=1", "depth=2")).toThrow("depth is given twice, but takes one value.");
  });

  test("that do not fit are refused with what would", () => {
    expect(() => read("depth=two")).toThrow('depth must be integer, not "two".');
    expect(() => read("mode=fsat")).toThrow('mode can\'t be "fsat". Did you mean fast?');
    expect(() => read("dept=2")).toThrow("The tool has no argument dept. Did you mean depth?");
    expect(() => toolArguments(["nope=1"], undefined, { ...schema, additionalProperties: false })).toThrow(
      "The tool has no argument nope.",
    );
    expect(() => toolArguments([], undefined, schema)).toThrow("path is missing.");
    expect(() => read("loose")).toThrow('"loose" is no key=value.');
    expect(() => read("any:={")).toThrow("any is not valid JSON");
    expect(() => toolArguments([], "[1]", schema)).toThrow("--json must be a JSON object.");
  });

  test("named like parts of every object are arguments like others", () => {
    expect(toolArguments(["constructor=1", "__proto__=2"], undefined, {})).toHaveProperty("constructor", "1");
    expect(() => toolArguments([], undefined, { required: ["toString"] })).toThrow("toString is missing.");
  });
});

describe("a tool's signature", () => {
  test("has what is required first, with types and defaults", () => {
    expect(signature(schema)).toBe(
      'path: string, depth?: integer = 2, ratio?: number, all?: boolean, kinds?: ("file"|"folder")[], ids?: integer[], mode?: "fast"|"slow"|3, extra?: object, either?: integer|string|null, any?: any',
    );
    expect(signature({})).toBe("");
    expect(signature("junk")).toBe("");
  });
});

describe("gateway tools", () => {
  const tools: readonly ToolEntry[] = [
    {
      server: "bash",
      tool: "bash",
      exposed: "bash__bash",
      description: "Run a command.\nMore.",
      inputSchema: schema,
    },
    { server: "文件", tool: "read", exposed: "x", description: "", inputSchema: {} },
  ];

  test("shows name, first line of the description, and arguments", () => {
    expect(toolLines(tools, { width: 40, paint: plainPaint })).toEqual([
      "bash/bash  Run a command.",
      "    path: string, depth?: integer = 2,…",
      "文件/read",
      "",
      "2 tools",
    ]);
  });

  test("filters by server and by text", () => {
    expect(filterTools(tools, { server: "bash", text: undefined })).toHaveLength(1);
    expect(filterTools(tools, { server: undefined, text: "COMMAND" })).toHaveLength(1);
    expect(filterTools(tools, { server: "bash", text: "read" })).toHaveLength(0);
  });
});

describe("a result", () => {
  test("is its text; everything else is named", () => {
    const content = [
      { type: "text", text: "hello" },
      { type: "image", mimeType: "image/png", data: "AAAA" },
      { type: "resource_link", uri: "file:///x", name: "x" },
      { type: "resource", resource: { uri: "a:b", text: "inside" } },
      { type: "novel" },
    ];
    expect(resultText({ content })).toBe(
      "hello\n[image image/png, 3 bytes; --json shows it]\n[link file:///x x]\ninside\n[novel; --json shows it]",
    );
    expect(resultText({ structuredContent: { a: 1 } })).toBe('{\n  "a": 1\n}');
    expect(resultText({})).toBe("");
  });
});
