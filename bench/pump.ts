/**
 * The limit that a gateway over a pipe can reach: HTTP → pipe → HTTP in one process, ids rewritten, and nothing
 * else: no sessions, no names, no checks, no supervision. Measured beside the gateway, never shipped.
 *
 *   bun bench/pump.ts PORT -- COMMAND [ARG …]
 */
const port = Number(process.argv[2]);
const child = Bun.spawn(process.argv.slice(4), { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
const waiting = new Map<number, (line: Uint8Array) => void>();
let lastId = 0;

const idPattern = /"id":(\d+)/;
const encoder = new TextEncoder();

void (async () => {
  let parts: Uint8Array[] = [];
  for await (const chunk of child.stdout) {
    let at = 0;
    for (;;) {
      const end = chunk.indexOf(10, at);
      if (end === -1) break;
      parts.push(chunk.subarray(at, end));
      const line = parts.length === 1 ? (parts[0] ?? chunk) : Buffer.concat(parts);
      parts = [];
      at = end + 1;
      settle(line);
    }
    if (at < chunk.length) parts.push(chunk.subarray(at));
  }
})();

/** The backend writes its id last. */
function settle(line: Uint8Array): void {
  const tail = Buffer.from(line.buffer, line.byteOffset, line.byteLength).lastIndexOf('"id":');
  let id = 0;
  for (let at = tail + 5; at < line.length - 1; at += 1) id = id * 10 + (line[at] ?? 48) - 48;
  const resolve = waiting.get(id);
  waiting.delete(id);
  resolve?.(line.subarray(0, tail));
}

Bun.serve({
  hostname: "127.0.0.1",
  port,
  idleTimeout: 60,
  fetch: async (request) => {
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const body = await request.text();
    const match = idPattern.exec(body);
    if (match === null) {
      child.stdin.write(`${body}\n`);
      child.stdin.flush();
      return new Response(null, { status: 202 });
    }
    const id = ++lastId;
    const answered = new Promise<Uint8Array>((resolve) => waiting.set(id, resolve));
    child.stdin.write(
      `${body.slice(0, match.index)}"id":${id}${body.slice(match.index + match[0].length)}\n`,
    );
    child.stdin.flush();
    const head = await answered;
    const own = encoder.encode(`"id":${match[1]}}`);
    const whole = new Uint8Array(head.length + own.length);
    whole.set(head);
    whole.set(own, head.length);
    return new Response(whole, { headers: { "content-type": "application/json" } });
  },
});
