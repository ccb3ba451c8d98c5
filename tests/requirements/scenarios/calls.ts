/** Calls of tools and what comes back. */
import { richResult } from "../backend/vocabulary.ts";
import { type JsonObject, textOf } from "../client/matrix-client.ts";
import { prefix } from "../client/stateless-client.ts";
import { verifies } from "../verifies.ts";

verifies("tools:call:routed", async ({ expect, open, call }) => {
  const client = await open();
  const args = { text: "äöü 漢 😀", deep: { list: [1, null, true] } };
  const outcome = await call(client, "echo", args);
  expect(JSON.parse(textOf(outcome)).arguments).toEqual(args);
});

verifies("tools:call:result", async ({ expect, open, call }) => {
  const { result } = await call(await open(), "rich");
  expect(result?.["content"]).toEqual(richResult["content"]);
  expect(result?.["structuredContent"]).toEqual(richResult["structuredContent"]);
  expect(result?.["_meta"]).toMatchObject(richResult["_meta"] as object); // The literal has it.
});

verifies("tools:call:tool-error", async ({ expect, open, call }) => {
  const outcome = await call(await open(), "tool_error");
  expect(outcome.error).toBeUndefined();
  expect(outcome.result?.["isError"]).toBe(true);
  expect(textOf(outcome)).toBe("it went wrong");
});

verifies("tools:call:protocol-error", async ({ expect, open, call }) => {
  const error = { code: -31_999, message: "not today", data: { why: ["rain"] } };
  const outcome = await call(await open(), "fail", error);
  expect(outcome.error).toEqual(error);
});

verifies("tools:call:unknown", async ({ expect, open, named }) => {
  const client = await open();
  for (const name of ["nowhere__echo", named("nothing")]) {
    const { error } = await client.request("tools/call", { name, arguments: {} });
    expect([error?.code, error?.data?.["reason"]]).toEqual([-32602, "unknown-tool"]);
  }
});

verifies("tools:call:alias", async ({ expect, open, backend }) => {
  const name = `${backend.server}/echo`;
  const outcome = await (await open()).request("tools/call", { name, arguments: { by: "alias" } });
  expect(JSON.parse(textOf(outcome)).arguments).toEqual({ by: "alias" });
});

verifies("tools:call:own-face", async ({ expect, fresh, gateway, backend, client: { front } }) => {
  const url = `${gateway}/servers/${backend.server}/${front === "sse" ? "sse" : "mcp"}`;
  const client = await fresh({}, url);
  const { result } = await client.request("tools/list");
  const names = ((result?.["tools"] ?? []) as { name: string }[]).map(({ name }) => name); // A list of tools has names.
  expect(names).toContain("echo");
  expect(names.filter((name) => name.includes("__"))).toEqual([]);
  const outcome = await client.request("tools/call", { name: "echo", arguments: { by: "own name" } });
  expect(JSON.parse(textOf(outcome)).arguments).toEqual({ by: "own name" });
});

verifies("tools:call:id", async ({ expect, open, named }) => {
  const client = await open();
  for (const id of ["é/1", "7", 0, 7, 9_007_199_254_740_991]) {
    const started = client.begin("tools/call", { name: named("echo"), arguments: { id } }, { id });
    const outcome = await started.outcome;
    expect(outcome.id).toBe(id);
    expect(JSON.parse(textOf(outcome)).arguments).toEqual({ id });
  }
});

verifies("tools:call:same-ids", async ({ expect, open, named }) => {
  const clients = [await open(), await open({})];
  const outcomes = await Promise.all(
    clients.map((client, who) =>
      client.request("tools/call", { name: named("echo"), arguments: { who } }, { id: "same" }),
    ),
  );
  expect(outcomes.map((outcome) => JSON.parse(textOf(outcome)).arguments)).toEqual([{ who: 0 }, { who: 1 }]);
});

verifies("tools:call:meta", async ({ expect, open, call }) => {
  const kept = {
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate: "vendor=value",
    baggage: "a=1",
    "com.example/kept": { deep: [1] },
  };
  const { _meta } = JSON.parse(textOf(await call(await open(), "echo", {}, kept))) as { _meta: JsonObject }; // Our tool's words.
  expect(_meta).toMatchObject(kept);
  const client = _meta[`${prefix}clientInfo`] as { name?: string } | undefined; // Only compared.
  expect(client?.name).not.toBe("matrix");
});
