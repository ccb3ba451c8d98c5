import { describe, expect, test } from "bun:test";
import { EventSplitter } from "../../../bench/load/event-splitter.ts";
import { HttpReader } from "../../../bench/load/http-reader.ts";

function piecesOf(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
}

function answersIn(text: string, size: number): { status: number; body: string }[] {
  const answers: { status: number; body: string }[] = [];
  let status = 0;
  let body = "";
  const reader = new HttpReader({
    head: (head) => {
      status = head.status;
    },
    body: (piece) => {
      body += piece.toString();
    },
    end: () => {
      answers.push({ status, body });
      body = "";
    },
  });
  for (const piece of piecesOf(text, size)) reader.push(piece);
  return answers;
}

const pieceSizes = [1, 2, 3, 5, 17, 100_000];

describe("HTTP answers", () => {
  const stream =
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}' +
    "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n" +
    "HTTP/1.1 204 No Content\r\n\r\n" +
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n" +
    "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno";

  test.each(pieceSizes)("are read whole from pieces of %d bytes", (size) => {
    expect(answersIn(stream, size)).toEqual([
      { status: 200, body: '{"a":1}' },
      { status: 202, body: "" },
      { status: 204, body: "" },
      { status: 200, body: "abc0123456789" },
      { status: 404, body: "no" },
    ]);
  });
});

describe("events", () => {
  const stream =
    "event: endpoint\ndata: /messages?session=1\n\n: a comment\n\n" +
    'event: message\r\ndata: {"id":1}\r\n\r\ndata:{"id":2}\n\nid: 4\ndata: a\ndata: b\n\n';

  test.each(pieceSizes)("are read whole from pieces of %d bytes", (size) => {
    const events: { name: string; data: string }[] = [];
    const splitter = new EventSplitter(({ name, data }) => events.push({ name, data: data.toString() }));
    for (const piece of piecesOf(stream, size)) splitter.push(piece);
    expect(events).toEqual([
      { name: "endpoint", data: "/messages?session=1" },
      { name: "message", data: '{"id":1}' },
      { name: "message", data: '{"id":2}' },
      { name: "message", data: "a\nb" },
    ]);
  });
});
