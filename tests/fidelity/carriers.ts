/**
 * Carries messages of a scripted server as the text that it gives, over stdio and over Streamable HTTP, so that not one
 * byte of them is a serialiser's.
 */
import { freePort } from "../support/free-port.ts";

export interface Received {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly uri?: string;
    readonly protocolVersion?: string;
    readonly arguments?: { readonly text?: string };
    readonly _meta?: { readonly progressToken?: unknown };
  };
}

export interface Exchange {
  readonly message: Received;
  /** As it came. */
  readonly text: string;
  /** Says something before the last word. */
  say(text: string): void;
}

/** @returns the last word; undefined for what has no answer */
export type Handle = (exchange: Exchange) => Promise<string | undefined>;

export async function serveStdio(handle: Handle): Promise<void> {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of process.stdin) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) {
      const message = JSON.parse(text) as Received; // Sent by the gateway under test: JSON or a visible fault.
      void handle({ message, text, say }).then((last) => {
        if (last !== undefined) say(last);
      });
    }
  }
}

export interface HttpCarrier extends AsyncDisposable {
  readonly url: string;
}

/** @param streams false: an answer that is all there is to say is plain JSON; true: also that is an event stream */
export function serveHttp(handle: Handle, streams: boolean): HttpCarrier {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: freePort(),
    idleTimeout: 120,
    fetch: async (request) => {
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const text = await request.text();
      const message = JSON.parse(text) as Received; // As above.
      if (message.id === undefined || message.method === undefined) {
        await handle({ message, text, say: () => undefined });
        return new Response(null, { status: 202 });
      }
      const stream = new TransformStream<string, string>();
      const writer = stream.writable.getWriter();
      const isEarly = Promise.withResolvers<"early">();
      const say = (one: string): void => {
        isEarly.resolve("early");
        // The gateway may hang up at any time; then there is nobody to tell.
        writer.write(eventOf(one)).catch(() => undefined);
      };
      const last = handle({ message, text, say });
      const first = streams ? "early" : await Promise.race([last, isEarly.promise.then(() => undefined)]);
      if (first !== undefined && !streams)
        return new Response(first, { headers: { "content-type": "application/json" } });
      void last.then((word = "") => {
        say(word);
        return writer.close().catch(() => undefined); // As above.
      });
      const body = stream.readable.pipeThrough(new TextEncoderStream());
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/mcp`,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function eventOf(text: string): string {
  const lines = text.split(/\r\n|\r|\n/u).map((line) => `data: ${line}\n`);
  return `${lines.join("")}\n`;
}
