/** Paths, headers and Accept, as anybody may send them. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { acceptsEventStream, acceptsJson } from "../../../../apps/gateway/src/guards/accept.ts";
import { isLoopbackHost, isWildcardHost } from "../../../../apps/gateway/src/guards/bind-address.ts";
import { checkRequest } from "../../../../apps/gateway/src/guards/check-request.ts";
import { makeGuardPolicy } from "../../../../apps/gateway/src/guards/guard-policy.ts";
import { bearerOf, checkSingleHeaders } from "../../../../apps/gateway/src/guards/headers.ts";
import { readPath } from "../../../../apps/gateway/src/guards/read-path.ts";

const seed = process.env["MCP_GATEWAY_SEED"];
const propertyOptions = { numRuns: 2_000, ...(seed === undefined ? {} : { seed: Number(seed) }) };

describe("readPath", () => {
  test.each([
    ["http://127.0.0.1:9000/mcp", "/mcp", ""],
    ["https://gw.example/servers/a/mcp?x=1&y=/z", "/servers/a/mcp", "?x=1&y=/z"],
    ["/health", "/health", ""],
    ["/ready?verbose", "/ready", "?verbose"],
    ["/a?b#c?d", "/a", "?b"],
    ["/a#b?c", "/a", ""],
    ["//evil/x", "//evil/x", ""],
    ["/messages?url=http://evil/x", "/messages", "?url=http://evil/x"],
    ["/", "/", ""],
  ])("reads %j", (url, path, search) => expect(readPath(url)).toEqual({ path, search }));

  test.each([
    "",
    "evil:443",
    "*",
    "mcp",
    "ftp://x/y",
    "http:",
    "http://",
    "http://host",
    "javascript:/x",
    `/${"a".repeat(9_000)}`,
  ])("finds no path in %j", (url) => expect(readPath(url)).toBeUndefined());

  test("never throws, and what it finds begins with a slash", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true }), fc.string({ unit: "binary" })),
        (url) => {
          const found = readPath(url);
          expect(found === undefined || found.path.startsWith("/")).toBe(true);
        },
      ),
      propertyOptions,
    );
  });

  test("agrees with URL on every URL that a server can give", () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, validSchemes: ["http", "https"] }), (text) => {
        const url = new URL(text);
        expect(readPath(url.href)).toEqual({ path: url.pathname, search: url.search });
      }),
      propertyOptions,
    );
  });
});

describe("checkRequest", () => {
  const policy = makeGuardPolicy({ host: "127.0.0.1", port: 9000, allowedHosts: [], allowedOrigins: [] });
  const pieces = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    "evil.com",
    ":",
    "9000",
    "@",
    "/",
    ",",
    " ",
    ".",
    "http://",
    "?",
    "\\",
  ];

  test("lets no mixture of good pieces through that a URL parser would lead elsewhere", () => {
    const mixture = fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(mixture, (host) => {
        const refusal = checkRequest({ method: "GET", host, origin: null, url: "/" }, policy);
        if (refusal === undefined)
          expect(["localhost", "127.0.0.1", "[::1]"]).toContain(new URL(`http://${host}/`).hostname);
      }),
      propertyOptions,
    );
    fc.assert(
      fc.property(mixture, (text) => {
        const origin = `http://${text}`;
        const refusal = checkRequest({ method: "GET", host: "localhost", origin, url: "/" }, policy);
        if (refusal === undefined)
          expect(["localhost", "127.0.0.1", "[::1]"]).toContain(new URL(origin).hostname);
      }),
      propertyOptions,
    );
  });
});

describe("Accept", () => {
  test.each([
    [null, true, true],
    ["", true, true],
    ["application/json, text/event-stream", true, true],
    ["text/event-stream, application/json", true, true],
    ["application/json", true, false],
    ["text/event-stream", false, true],
    ["*/*", true, true],
    ["application/*", true, false],
    ["text/*;q=0.5", false, true],
    ["text/html", false, false],
    ["APPLICATION/JSON", true, false],
    ["application/json;q=0", false, false],
    ["application/json;q=0.000, */*", false, true],
    ["*/*, text/event-stream;q=0", true, false],
    ["*/*;q=0, text/event-stream", false, true],
    ["application/json;q=0.001", true, false],
    ["application/json; charset=utf-8 ; q=1.0,text/event-stream", true, true],
    ["application/jsonp", false, false],
    ["application/json-seq", false, false],
    ["text/event-streams", false, false],
    [",,;;", false, false],
  ])("%j allows JSON: %p, event streams: %p", (header, json, stream) => {
    expect(acceptsJson(header)).toBe(json);
    expect(acceptsEventStream(header)).toBe(stream);
  });
});

describe("headers that must come once", () => {
  test.each(["Authorization", "Mcp-Session-Id", "MCP-Protocol-Version", "Last-Event-ID"])(
    "%s sent twice is refused",
    (name) => {
      const headers = new Headers([
        [name, "one-value"],
        [name, "another"],
      ]);
      const refusal = checkSingleHeaders(headers);
      expect(refusal?.code).toBe("header-invalid");
      expect(refusal?.message).not.toContain("another");
    },
  );

  test("single ones pass, and Accept may be a list", () => {
    const headers = new Headers({ authorization: "Bearer t", "mcp-session-id": "s", accept: "a/b, c/d" });
    expect(checkSingleHeaders(headers)).toBeUndefined();
  });

  test("one longer than the limit is refused", () => {
    expect(checkSingleHeaders(new Headers({ "last-event-id": "x".repeat(9_000) }))?.code).toBe(
      "header-invalid",
    );
  });

  test.each([
    ["Bearer abc", "abc"],
    ["bearer abc", "abc"],
    ["BEARER   abc.-_~+/=", "abc.-_~+/="],
    ["Bearer a, Bearer b", undefined],
    ["Bearer a,b", undefined],
    ["Bearer a b", undefined],
    ["Bearer ", undefined],
    ["Bearer", undefined],
    ["Basic abc", undefined],
    ["xBearer abc", undefined],
    ["abc", undefined],
    ["", undefined],
    [null, undefined],
  ])("the token of %j is %j", (header, token) => expect(bearerOf(header)).toBe(token as never));
});

describe("the address to bind to", () => {
  test.each([
    "127.0.0.1",
    "127.9.9.9",
    "localhost",
    "LOCALHOST",
    "::1",
    "[::1]",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
  ])("%j is loopback", (host) => {
    expect(isLoopbackHost(host)).toBe(true);
    expect(isWildcardHost(host)).toBe(false);
  });
  test.each(["0.0.0.0", "::", "[::]", "", "0:0:0:0:0:0:0:0", "::0", "::ffff:0.0.0.0"])(
    "%j is every address",
    (host) => {
      expect(isLoopbackHost(host)).toBe(false);
      expect(isWildcardHost(host)).toBe(true);
    },
  );
  test.each([
    "192.168.1.5",
    "127.0.0.1.evil.com",
    "localhost.evil",
    "127.0.0.999",
    "fd00::1",
    "::2",
    "desk",
    "127.1",
    "0",
  ])("%j is neither", (host) => {
    expect(isLoopbackHost(host)).toBe(false);
    expect(isWildcardHost(host)).toBe(false);
  });
});
