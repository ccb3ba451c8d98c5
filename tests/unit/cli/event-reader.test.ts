import { describe, expect, test } from "bun:test";
import { eventData } from "../../../apps/cli/src/api/event-reader.ts";

async function read(chunks: readonly Uint8Array[]): Promise<readonly string[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const events: string[] = [];
  for await (const data of eventData(body)) events.push(data);
  return events;
}

describe("an event stream", () => {
  const text =
    "\ufeff: hello\r\n\r\nevent: message\r\ndata: 文1\r\ndata:2\r\nid: 7\r\n\r\ndata: three\n\ndata: four\r\rdata: cut off";
  const bytes = new TextEncoder().encode(text);

  test("gives the same events however its bytes are cut", async () => {
    const whole = ["文1\n2", "three", "four"];
    expect(await read([bytes])).toEqual(whole);
    expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
    for (let at = 0; at < bytes.length; at += 1)
      expect(await read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
  });

  test("takes a long line in many chunks without going over it again and again", async () => {
    const chunk = new TextEncoder().encode("x".repeat(65_536));
    const chunks = [
      new TextEncoder().encode("data: "),
      ...Array.from({ length: 320 }, () => chunk),
      new TextEncoder().encode("\n\n"),
    ];
    const [data = ""] = await read(chunks);
    expect(data.length).toBe(320 * 65_536);
  });
});
