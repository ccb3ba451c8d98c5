/** Bodies over a real socket: declared wrongly, too large, too slow, cut off, not UTF-8. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { isGatewayError } from "@mcp-gateway/kit";
import { errorResponse } from "../../../../apps/gateway/src/admin/responses.ts";
import { readBody } from "../../../../apps/gateway/src/guards/read-body.ts";

const bytesMax = 1_000;
const timeoutMs = 300;
let server: ReturnType<typeof Bun.serve>;
const thrown: unknown[] = [];

beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      try {
        return new Response(await readBody(request, bytesMax, timeoutMs));
      } catch (cause) {
        thrown.push(cause);
        return errorResponse(cause);
      }
    },
  });
});
afterAll(() => server.stop(true));

const json = { "content-type": "application/json" };

async function post(
  body: BodyInit | undefined,
  headers: Record<string, string> = json,
): Promise<{ status: number; text: string }> {
  const response = await fetch(server.url, {
    method: "POST",
    ...(body === undefined ? {} : { body }),
    headers,
  });
  return { status: response.status, text: await response.text() };
}

/** What the server says to these bytes; resolves at the end of the connection. */
function raw(pieces: readonly string[], endAfter = false): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(server.port), "127.0.0.1", () => {
    for (const piece of pieces) socket.write(piece);
    if (endAfter) socket.destroy();
  });
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString();
    if (/\r\n\r\n.*\}$/s.test(text)) socket.end();
  });
  socket.on("error", () => undefined);
  socket.on("close", () => resolve(text));
  return promise;
}

describe("readBody", () => {
  test.each([
    "application/json",
    "application/json; charset=utf-8",
    "Application/JSON",
    "application/json;charset=UTF-8;x=y",
    "application/json ; q=1",
  ])("takes the content type %j", async (type) => {
    expect(await post('{"a":"ü"}', { "content-type": type })).toEqual({ status: 200, text: '{"a":"ü"}' });
  });

  test.each([
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json, text/plain",
    "application/json; charset=utf-8, text/plain",
    "text/plain, application/json",
    "application/jsonp",
    "application/json-rpc",
    "text/json",
    "application/json text/plain",
    "json",
  ])("refuses the content type %j", async (type) => {
    const { status, text } = await post("{}", { "content-type": type });
    expect(status).toBe(415);
    expect(JSON.parse(text).error.data.reason).toBe("content-type-unsupported");
  });

  test("refuses a body without a content type, and a compressed one", async () => {
    expect((await post(new Uint8Array([123, 125]), {})).status).toBe(415);
    expect((await post("{}", { ...json, "content-encoding": "gzip" })).status).toBe(415);
  });

  test("takes exactly the limit and refuses one byte more, declared or not", async () => {
    expect((await post("a".repeat(bytesMax))).status).toBe(200);
    expect((await post("a".repeat(bytesMax + 1))).status).toBe(413);
    expect((await post(chunked(bytesMax))).text).toHaveLength(bytesMax);
    expect((await post(chunked(bytesMax + 1))).status).toBe(413);
  });

  test("stops reading an endless body at the limit, not at the end", async () => {
    let pieces = 0;
    let wasCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        // Lets other work in, so that a reader that never stops would run into the time limit.
        await Bun.sleep(0);
        pieces += 1;
        controller.enqueue(new Uint8Array(100));
      },
      cancel() {
        wasCancelled = true;
      },
    });
    const request = new Request("http://localhost/", { method: "POST", body, headers: json });
    const failure = await readBody(request, bytesMax, 5_000).catch((cause: unknown) => cause);
    expect(isGatewayError(failure) && failure.code).toBe("body-too-large");
    expect(pieces).toBeLessThan(20);
    expect(wasCancelled).toBe(true);
  });

  test("keeps a short time also behind a body that has a long one", async () => {
    const ends: (() => void)[] = [];
    const open = (timeoutMs: number): Promise<string> => {
      const body = new ReadableStream({ start: (controller) => void ends.push(() => controller.close()) });
      const request = new Request("http://localhost/", { method: "POST", body, headers: json });
      return readBody(request, bytesMax, timeoutMs);
    };
    const long = open(60_000);
    const failure = await open(20).catch((cause: unknown) => cause);
    expect(isGatewayError(failure) && failure.code).toBe("body-timeout");
    ends[0]?.();
    expect(await long).toBe("");
  });

  test("refuses what is not UTF-8", async () => {
    const { status, text } = await post(new Uint8Array([0x22, 0xc3, 0x28, 0x22]));
    expect(status).toBe(400);
    expect(JSON.parse(text).error.code).toBe(-32700);
  });

  test("an empty body is an empty text", async () => {
    expect(await post(undefined, { ...json, "content-length": "0" })).toEqual({ status: 200, text: "" });
  });

  test.each([
    ["declared", "Content-Length: 50\r\n\r\n{"],
    ["chunked", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"],
  ])("a body that does not arrive ends in time and closes the connection (%s)", async (_, rest) => {
    const answer = await raw([
      `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${rest}`,
    ]);
    expect(answer).toStartWith("HTTP/1.1 408");
    expect(answer).toContain("body-timeout");
  });

  test.each([
    ["declared", "Content-Length: 50\r\n\r\n{"],
    ["chunked", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"],
  ])("a client that goes away in the middle is a typed failure (%s)", async (_, rest) => {
    thrown.length = 0;
    await raw([`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${rest}`], true);
    const deadlineMs = performance.now() + 5_000;
    while (thrown.length === 0 && performance.now() < deadlineMs) await Bun.sleep(10);
    expect(thrown).toHaveLength(1);
    expect(isGatewayError(thrown[0])).toBe(true);
  });
});

/** A body whose length is not declared. */
function chunked(bytes: number): ReadableStream<Uint8Array> {
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      const size = Math.min(100, left);
      left -= size;
      if (size === 0) controller.close();
      else controller.enqueue(new Uint8Array(size).fill(97));
    },
  });
}
