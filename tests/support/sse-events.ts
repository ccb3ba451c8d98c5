/** Reads server-sent events off a response body; the tests' own reading of the format, apart from the product's. */

export interface SseEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
  readonly retryMs: number | undefined;
}

export async function* sseEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SseEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    for (;;) {
      const end = /\r?\n\r?\n/u.exec(rest);
      if (end === null) break;
      const block = rest.slice(0, end.index);
      rest = rest.slice(end.index + end[0].length);
      const event = parseBlock(block);
      if (event !== undefined) yield event;
    }
  }
}

function parseBlock(block: string): SseEvent | undefined {
  const data: string[] = [];
  let event = "message";
  let id: string | undefined;
  let retryMs: number | undefined;
  let isEvent = false;
  for (const line of block.split(/\r?\n/u)) {
    const at = line.indexOf(":");
    if (at === 0) continue; // A comment keeps the connection alive and says nothing.
    const field = at === -1 ? line : line.slice(0, at);
    const value = at === -1 ? "" : line.slice(at + 1).replace(/^ /u, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id") id = value;
    else if (field === "retry") retryMs = Number(value);
    else continue;
    isEvent = true;
  }
  return isEvent ? { event, data: data.join("\n"), id, retryMs } : undefined;
}
