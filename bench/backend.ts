/**
 * The backend that every target of the benchmark puts its own machinery in front of: an MCP server without a
 * library, so that what is measured is the machinery. On stdio, or, with `--http PORT`, as "the backend direct".
 *
 *   bun bench/backend.ts [--tools N] [--number N --mark MARK] [--http PORT]
 *
 * Tools: `echo {text}` · `big {bytes}`; and as many fillers as it takes to reach N. Number and mark are for
 * those who look for this process.
 */
import { toolNames } from "./backend-tools.ts";

const toolsCount = Number(flag("--tools") ?? 2);
const httpPort = flag("--http");

function flag(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
}

interface Request {
  readonly id?: string | number;
  readonly method: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Record<string, unknown>;
    readonly protocolVersion?: string;
  };
}

const tools = toolNames(toolsCount).map((name, at) => ({
  name,
  description: `Tool number ${at} of the benchmark's backend; it has a description of an ordinary length for a tool.`,
  inputSchema: {
    type: "object",
    properties: {
      text: { type: "string", description: "What to send back." },
      bytes: { type: "integer", minimum: 0 },
    },
  },
}));
const toolsResult = JSON.stringify({ tools });
const bigTexts = new Map<number, string>();

function bigText(bytes: number): string {
  let text = bigTexts.get(bytes);
  if (text === undefined) {
    text = "0123456789abcdef".repeat(Math.ceil(bytes / 16)).slice(0, bytes);
    bigTexts.set(bytes, text);
  }
  return text;
}

function resultOf(request: Request): string {
  switch (request.method) {
    case "initialize":
      return JSON.stringify({
        protocolVersion: request.params?.protocolVersion ?? "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "bench", version: "1" },
      });
    case "tools/list":
      return toolsResult;
    case "tools/call": {
      const args = request.params?.arguments ?? {};
      const text = request.params?.name === "big" ? bigText(Number(args["bytes"])) : String(args["text"]);
      return JSON.stringify({ content: [{ type: "text", text }] });
    }
    default:
      return "{}";
  }
}

/** Members in the order in which the TypeScript SDK writes them. */
function answer(request: Request): string {
  return `{"result":${resultOf(request)},"jsonrpc":"2.0","id":${JSON.stringify(request.id)}}`;
}

if (httpPort === undefined) await serveStdio();
else serveHttp(Number(httpPort));

async function serveStdio(): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of Bun.stdin.stream()) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    let out = "";
    for (const line of lines) {
      if (line === "") continue;
      const request = JSON.parse(line) as Request; // The benchmark's own client wrote it.
      if (request.id !== undefined) out += `${answer(request)}\n`;
    }
    if (out !== "") process.stdout.write(out);
  }
}

function serveHttp(port: number): void {
  Bun.serve({
    hostname: "127.0.0.1",
    port,
    fetch: async (request) => {
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const message = (await request.json()) as Request; // As above.
      if (message.id === undefined) return new Response(null, { status: 202 });
      return new Response(answer(message), { headers: { "content-type": "application/json" } });
    },
  });
}
