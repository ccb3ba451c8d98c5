/** Takes a `text/event-stream` body apart into the data of its events. */
import { limits } from "@mcp-gateway/kit";
import { NoAnswer } from "./http.ts";

export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  // Gathered until a line ends: a long line that comes in many chunks is put together once.
  let open: string[] = [];
  let openLength = 0;
  let data: string[] = [];
  for await (const chunk of body) {
    const text = decoder.decode(chunk, { stream: true });
    const endsHere = /[\r\n]/.test(text) || open.at(-1)?.endsWith("\r") === true;
    open.push(text);
    openLength += text.length;
    if (openLength > limits.cliReplyBytesMax)
      throw new NoAnswer("broken", "The answer is larger than this program takes.");
    if (!endsHere) continue;
    // A carriage return at the very end may be the first half of a line end.
    const lines = open.join("").split(/\r\n|\n|\r(?!$)/);
    const rest = lines.pop() ?? "";
    open = [rest];
    openLength = rest.length;
    for (const line of lines) {
      if (line !== "") {
        if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
        continue;
      }
      if (data.length > 0) yield data.join("\n");
      data = [];
    }
  }
}
