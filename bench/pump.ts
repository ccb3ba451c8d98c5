/**
 * The limit that a gateway over pipes can reach: HTTP → pipe → HTTP in one process, ids rewritten, and nothing
 * else: no sessions, no names, no checks, no supervision. Measured beside the gateway, never shipped.
 *
 *   bun bench/pump.ts PORT COPIES -- COMMAND [ARG …]
 *
 * Each copy of the command has its own address: `/0/mcp`, `/1/mcp`, …
 */
const port = Number(process.argv[2]);
const copies = Number(process.argv[3]);
const command = process.argv.slice(5);

const idPattern = /"id":(\d+)/;
const encoder = new TextEncoder();

class Pipe {
  readonly #child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  readonly #waiting = new Map<number, (line: Uint8Array) => void>();
  #lastId = 0;

  async read(): Promise<void> {
    let parts: Uint8Array[] = [];
    for await (const chunk of this.#child.stdout) {
      let at = 0;
      for (;;) {
        const end = chunk.indexOf(10, at);
        if (end === -1) break;
        parts.push(chunk.subarray(at, end));
        const line = parts.length === 1 ? (parts[0] ?? chunk) : Buffer.concat(parts);
        parts = [];
        at = end + 1;
        this.#settle(line);
      }
      if (at < chunk.length) parts.push(chunk.subarray(at));
    }
  }

  /** The backend writes its id last. */
  #settle(line: Uint8Array): void {
    const tail = Buffer.from(line.buffer, line.byteOffset, line.byteLength).lastIndexOf('"id":');
    let id = 0;
    for (let at = tail + 5; at < line.length - 1; at += 1) id = id * 10 + (line[at] ?? 48) - 48;
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(line.subarray(0, tail));
  }

  async answer(body: string): Promise<Response> {
    const match = idPattern.exec(body);
    if (match === null) {
      this.#write(`${body}\n`);
      return new Response(null, { status: 202 });
    }
    const id = ++this.#lastId;
    const answered = new Promise<Uint8Array>((resolve) => this.#waiting.set(id, resolve));
    this.#write(`${body.slice(0, match.index)}"id":${id}${body.slice(match.index + match[0].length)}\n`);
    const head = await answered;
    const own = encoder.encode(`"id":${match[1]}}`);
    const whole = new Uint8Array(head.length + own.length);
    whole.set(head);
    whole.set(own, head.length);
    return new Response(whole, { headers: { "content-type": "application/json" } });
  }

  #write(line: string): void {
    this.#child.stdin.write(line);
    this.#child.stdin.flush();
  }
}

const pipes = Array.from({ length: copies }, () => new Pipe());
for (const pipe of pipes) void pipe.read();
const [only] = pipes;

Bun.serve({
  hostname: "127.0.0.1",
  port,
  idleTimeout: 60,
  fetch: async (request) => {
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const pipe = pipes.length === 1 ? only : pipes[Number(/\/(\d+)\/mcp$/.exec(request.url)?.[1])];
    if (pipe === undefined) return new Response(null, { status: 404 });
    return await pipe.answer(await request.text());
  },
});
