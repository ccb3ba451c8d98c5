import { expect, test } from "bun:test";
import { isInitializeResult } from "@mcp-gateway/mcp";
import { readDiscoverReply } from "../../../../apps/supervisor/src/connections/discover.ts";

const outcomeOf = (message: unknown) =>
  readDiscoverReply(
    new TextEncoder().encode(typeof message === "string" ? message : JSON.stringify(message)),
    "mine",
  );
const result = { supportedVersions: ["2026-07-28"], capabilities: {} };

test("what an answer to `server/discover` means", () => {
  const error = (code: number, data?: unknown) => ({ error: { code, message: "said", data } });
  const answers: readonly (readonly [unknown, "done" | "legacy" | "fault"])[] = [
    [{ result }, "done"],
    [{ result: { ...result, supportedVersions: ["2025-11-25", "2026-07-28"] } }, "done"],
    // Only revisions with sessions: it is spoken to in one of those.
    [{ result: { ...result, supportedVersions: ["2025-11-25"] } }, "legacy"],
    [error(-32022, { supported: ["2025-11-25"] }), "legacy"],
    // Only revisions that are not known here: there is nothing to fall back to.
    [{ result: { ...result, supportedVersions: ["2031-01-01"] } }, "fault"],
    [error(-32022, { supported: ["2031-01-01"] }), "fault"],
    [error(-32022), "fault"],
    [error(-32020), "fault"],
    [error(-32021, { requiredCapabilities: {} }), "fault"],
    // Whatever else: the fallback hangs on no particular code.
    [error(-32601), "legacy"],
    [error(-32602), "legacy"],
    [error(-32000), "legacy"],
    [error(1), "legacy"],
    [{ result: {} }, "legacy"],
    [{ result: "ok" }, "legacy"],
    [{ result: { ...result, capabilities: "all" } }, "legacy"],
    [{}, "legacy"],
    ["null", "legacy"],
    ["<html>", "legacy"],
    ["", "legacy"],
  ];
  expect(answers.map(([message]) => outcomeOf(message).kind)).toEqual(answers.map(([, kind]) => kind));
});

function initializeResultOf(message: unknown): string {
  const outcome = outcomeOf(message);
  return outcome.kind === "done" ? outcome.initializeResult : outcome.kind;
}

test("capabilities and instructions are kept as the text they came in", () => {
  const text =
    '{"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2026-07-28"],"capabilities": {"b":1, "a":12345678901234567890},"instructions":"\\u0041"}}';
  expect(initializeResultOf(text)).toBe(
    '{"protocolVersion":"2026-07-28","capabilities":{"b":1, "a":12345678901234567890},"serverInfo":{"name":"mine","version":"unknown"},"instructions":"\\u0041"}',
  );
});

test("a server that does not say who it is, or says it wrongly, goes by the name of its entry", () => {
  const key = "io.modelcontextprotocol/serverInfo";
  const named = { name: "s", version: "2", icons: [] };
  const nameless = { name: "mine", version: "unknown" };
  const cases: readonly (readonly [unknown, unknown])[] = [
    [{ ...result, _meta: { [key]: named } }, named],
    [{ ...result, serverInfo: named }, named],
    [{ ...result, _meta: { [key]: "s" } }, nameless],
    [{ ...result, _meta: { [key]: { name: "s" } } }, nameless],
    [{ ...result, _meta: [] }, nameless],
    [result, nameless],
  ];
  for (const [said, serverInfo] of cases) {
    const made: unknown = JSON.parse(initializeResultOf({ result: said }));
    expect(isInitializeResult(made)).toBe(true);
    expect(made).toMatchObject({ serverInfo });
  }
});
