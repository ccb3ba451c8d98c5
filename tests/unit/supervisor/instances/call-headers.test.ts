import { expect, test } from "bun:test";
import {
  bodyOfCall,
  encodeFrameHeader,
  type Frame,
  FrameDecoder,
  FrameKind,
  headersOfCall,
} from "@mcp-gateway/contract";
import { limits } from "@mcp-gateway/kit";
import { callWithHeaders } from "../../../support/call-with-headers.ts";

const body = Buffer.from('"method":"tools/list","params":{}}');

/** Over the wire and back. */
function sent(fields: Partial<Frame> & { payload: Uint8Array }): Frame {
  const frame = { kind: FrameKind.call, ...fields };
  let received: Frame | undefined;
  const decoder = new FrameDecoder((one) => {
    received = one;
  });
  decoder.push(Buffer.concat([encodeFrameHeader(frame), frame.payload]));
  if (received === undefined) throw new Error("no frame");
  return received;
}

test("headers travel behind the body and come apart again", () => {
  const headers = { "Mcp-Method": "tools/call", "mcp-name": "a b", "Mcp-Param-Region": "=?base64?4pyT?=" };
  const frame = sent(callWithHeaders(body, headers));
  expect(Buffer.from(bodyOfCall(frame)).toString()).toBe(body.toString());
  expect(headersOfCall(frame)).toEqual(headers);
  const plain = sent({ payload: body });
  expect(Buffer.from(bodyOfCall(plain)).toString()).toBe(body.toString());
  expect(headersOfCall(plain)).toEqual({});
});

test("nothing passes that could speak for the gateway or break the request", () => {
  const refused: readonly Readonly<Record<string, unknown>>[] = [
    { authorization: "x" },
    { host: "x" },
    { "mcp-session-id": "x" },
    { "mcp-protocol-version": "2025-11-25" },
    { "mcp-param-": "x" },
    { "mcp-param-a b": "x" },
    { "mcp-methods": "x" },
    { "mcp-name": "a\r\nhost: b" },
    { "mcp-name": " padded" },
    { "mcp-name": "é" },
    { "mcp-name": 1 },
    { "mcp-name": null },
    Object.fromEntries(
      Array.from({ length: limits.callHeadersMax + 1 }, (_, at) => [`mcp-param-${at}`, "x"]),
    ),
    { "mcp-param-long": "x".repeat(limits.callHeadersBytesMax) },
  ];
  for (const headers of refused) {
    const json = Buffer.from(JSON.stringify(headers));
    const frame = { payload: Buffer.concat([body, json]), idStart: body.length, idLength: json.length };
    expect(headersOfCall(sent(frame))).toBeUndefined();
  }
  for (const text of ["x", "[", "null", '"a"']) {
    const frame = { payload: Buffer.concat([body, Buffer.from(text)]), idStart: body.length };
    expect(headersOfCall(sent({ ...frame, idLength: text.length }))).toBeUndefined();
  }
});
