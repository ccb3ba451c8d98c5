/** The pure parts: tokens, refusals, delays, redirect and endpoint rules, counts. */
import { expect, test } from "bun:test";
import { limits, registerSecret } from "@mcp-gateway/kit";
import { ownerOfToken, progressToken } from "../../../../apps/supervisor/src/connections/attribution.ts";
import { streamDelayMs } from "../../../../apps/supervisor/src/connections/event-stream.ts";
import {
  networkError,
  refusalError,
  saysSessionLost,
} from "../../../../apps/supervisor/src/connections/http-errors.ts";
import { idInHead } from "../../../../apps/supervisor/src/connections/inbound.ts";
import { endpointAddress } from "../../../../apps/supervisor/src/connections/legacy-sse.ts";
import { OversizedCount } from "../../../../apps/supervisor/src/connections/oversized.ts";

const refusal = { contentType: "text/plain", retryAfter: undefined, body: "" };

test("a progress token names its owner, whatever the numbers", () => {
  for (const owner of [
    { link: 1, call: 1 },
    { link: 65_535, call: 4_294_967_295 },
    { link: 0, call: 0 },
  ]) {
    expect(ownerOfToken(progressToken(owner))).toEqual(owner);
  }
  for (const token of ["65536.1", "1.4294967296", "1", "1.", ".1", "-1.1", "1.1e3", "１.1", {}, undefined]) {
    expect(ownerOfToken(token)).toBeUndefined();
  }
});

test("each refusal names its status and what to do about it", () => {
  const remedies: readonly (readonly [number, RegExp])[] = [
    [400, /headers.*log/],
    [401, /Authorization/],
    [403, /rights/],
    [404, /`url`.*path included/],
    [405, /`url`.*path included/],
    [406, /does not speak MCP/],
    [407, /proxy/],
    [410, /`url`.*path included/],
    [413, /Send less/],
    [415, /does not speak MCP/],
    [429, /wait 7/],
    [500, /failed by itself/],
    [502, /failed by itself/],
    [503, /starting/],
    [418, /Check/],
  ];
  for (const [status, pattern] of remedies) {
    const error = refusalError("b", { ...refusal, status, retryAfter: "7" });
    expect(error.message).toContain(`HTTP ${status}`);
    expect(String(error.facts["remedy"])).toMatch(pattern);
  }
});

test("of a refusal's body only a short line of text is shown, and no secret", () => {
  registerSecret("canary-secret-0123");
  const shown = (contentType: string, body: string): string =>
    refusalError("b", { ...refusal, status: 500, contentType, body }).message;
  expect(shown("text/plain", `bad\n\ttoken canary-secret-0123${"x".repeat(10_000)}`)).toMatch(
    /^.*: bad token \[redacted\]x+$/,
  );
  expect(shown("text/plain", "x".repeat(10_000)).length).toBeLessThan(300);
  expect(shown("text/html", "<html>secret</html>")).toBe('The server "b" answered HTTP 500.');
  expect(
    shown("application/json", '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"nope"}}'),
  ).toEndWith(": nope");
  expect(shown("application/json", '{"error":"invalid_token","error_description":"expired"}')).toEndWith(
    ": expired",
  );
});

test("an address is shown without path, query and password", () => {
  const refused = Object.assign(new Error("Unable to connect"), { code: "ECONNREFUSED" });
  expect(networkError("b", new URL("http://u:p@h:1/secret?key=1").origin, refused).message).toBe(
    'The server "b" can\'t be reached: nothing listens at http://h:1.',
  );
});

test("a lost session is told from other refusals", () => {
  for (const body of [
    "Bad Request: Server not initialized",
    "Bad Request: No valid session ID provided",
    "Invalid session ID",
    "expect initialize request",
    "Session not found",
    "Mcp-Session-Id header is required",
  ]) {
    expect([body, saysSessionLost(400, body, true)]).toEqual([body, true]);
  }
  expect(saysSessionLost(404, "", true)).toBe(true);
  expect(saysSessionLost(404, "", false)).toBe(false);
  for (const body of ["", "Invalid params", "Unsupported protocol version", "unknown tool"]) {
    expect([body, saysSessionLost(400, body, true)]).toEqual([body, false]);
  }
  expect(saysSessionLost(500, "Session not found", true)).toBe(false);
});

test("the endpoint of the older transport stays within the stream's own origin", () => {
  const stream = new URL("http://127.0.0.1:8080/base/sse?x=1");
  expect(endpointAddress("/messages?sessionId=1", stream)?.href).toBe(
    "http://127.0.0.1:8080/messages?sessionId=1",
  );
  expect(endpointAddress("messages", stream)?.href).toBe("http://127.0.0.1:8080/base/messages");
  expect(endpointAddress("?s=1", stream)?.href).toBe("http://127.0.0.1:8080/base/sse?s=1");
  expect(endpointAddress("http://127.0.0.1:8080/m", stream)?.href).toBe("http://127.0.0.1:8080/m");
  for (const evil of [
    "http://evil.example/m",
    "//evil.example/m",
    "file:///etc/passwd",
    "data:text/plain,x",
    "javascript:1",
    "http://127.0.0.1:6379/",
    "https://127.0.0.1:8080/m",
    "http://127.0.0.1:8080@evil.example/",
    "http://user:pw@127.0.0.1:8080/m",
    "\\\\evil.example\\m",
    "http://[",
    "",
    " \n",
  ]) {
    expect([evil, endpointAddress(evil, stream)?.href]).toEqual([evil, undefined]);
  }
});

test("a stream is opened again after the server's delay, and ever later when that brings nothing", () => {
  expect(streamDelayMs(300, 0, 0.5)).toBe(300);
  expect(streamDelayMs(300, 1, 0.5)).toBe(300);
  expect(streamDelayMs(undefined, 1, 0.5)).toBe(limits.backendStreamRetryMsMin);
  expect(streamDelayMs(0, 2, 0.5)).toBe(2 * limits.backendStreamRetryMsMin);
  expect(streamDelayMs(undefined, 40, 0.5)).toBe(limits.backendStreamRetryMsMax);
  expect(streamDelayMs(120_000, 40, 0.5)).toBe(120_000);
});

test("the head of an answer names its call, that of a request does not", () => {
  const id = (text: string): number | undefined => idInHead(new TextEncoder().encode(text));
  expect(id('{"jsonrpc":"2.0","id":17,"result":{"x')).toBe(17);
  expect(id(' {"id" : 3 , "result"')).toBe(3);
  for (const text of [
    '{"id":17',
    '{"id":"17",',
    '{"jsonrpc":"2.0","id":1,"method":"x"',
    '[{"id":1,',
    "id:1,",
    `{"r":"${"x".repeat(300)}","id":1}`,
  ]) {
    expect([text, id(text)]).toEqual([text, undefined]);
  }
});

test("oversized messages are forgiven unless they come again and again within a minute", () => {
  const count = new OversizedCount();
  const max = limits.backendOversizedPerMinuteMax;
  for (let at = 0; at < max; at += 1) expect(count.isTooMany(at)).toBe(false);
  expect(count.isTooMany(60_001)).toBe(false);
  expect(count.isTooMany(60_002)).toBe(false);
  for (let at = 0; at < max - 2; at += 1) expect(count.isTooMany(60_003)).toBe(false);
  expect(count.isTooMany(60_004)).toBe(true);
});
