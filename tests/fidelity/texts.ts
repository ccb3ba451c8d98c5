/** What an HTTP response of the gateway says, message by message. */
import { sseEvents } from "../support/sse-events.ts";

/** Every message of the response, as it came. */
export async function textsOf(response: Response): Promise<readonly string[]> {
  if (response.headers.get("content-type") === "application/json") return [await response.text()];
  const texts: string[] = [];
  for await (const { data } of sseEvents(response.body ?? new ReadableStream())) texts.push(data);
  return texts;
}
