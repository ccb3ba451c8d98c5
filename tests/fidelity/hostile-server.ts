/**
 * An MCP server that sends what its caller tells it to, whatever it is, and then answers in order. In the text `$ID` stands
 * for the id of the call, `$OTHER` for that of another client's call, `$TOKEN` and `$OTHERTOKEN` for their progress tokens.
 *
 *   send {text}    sends the text, then answers `{"content":[],"honest":true}`
 *   wait           is the other client's call: it is answered when `release` is called
 */
import { type Exchange, type Received, serveStdio } from "./carriers.ts";

interface Waiting {
  readonly id: string;
  readonly token: string;
  readonly release: () => void;
}

/** The other client's call; it may come a little later than the one that speaks of it. */
let waiting = Promise.withResolvers<Waiting>();
const honest = '"result":{"content":[],"honest":true}';

export async function handleHostile({ message, say }: Exchange): Promise<string | undefined> {
  if (message.id === undefined || message.method === undefined) return undefined;
  const id = JSON.stringify(message.id);
  return `{"jsonrpc":"2.0","id":${id},${await bodyFor(message, id, say)}}`;
}

async function bodyFor(
  { method, params }: Received,
  id: string,
  say: (text: string) => void,
): Promise<string> {
  if (method === "initialize") {
    const { protocolVersion } = params ?? {};
    const greeting = {
      protocolVersion,
      capabilities: { tools: {}, logging: {} },
      serverInfo: { name: "hostile", version: "1" },
    };
    return `"result":${JSON.stringify(greeting)}`;
  }
  if (method === "tools/list") {
    const tools = ["send", "wait", "release"].map((name) => ({ name, inputSchema: { type: "object" } }));
    return `"result":${JSON.stringify({ tools })}`;
  }
  if (method !== "tools/call") return '"result":{}';
  const token = JSON.stringify(params?._meta?.progressToken ?? null);
  switch (params?.name) {
    case "send": {
      const other = await waiting.promise;
      say(
        (params.arguments?.text ?? "")
          .replaceAll("$OTHERTOKEN", other.token)
          .replaceAll("$OTHER", other.id)
          .replaceAll("$TOKEN", token)
          .replaceAll("$ID", id),
      );
      return honest;
    }
    case "wait":
      await new Promise<void>((release) => waiting.resolve({ id, token, release }));
      return honest;
    default:
      (await waiting.promise).release();
      waiting = Promise.withResolvers();
      return honest;
  }
}

if (import.meta.main) await serveStdio(handleHostile);
