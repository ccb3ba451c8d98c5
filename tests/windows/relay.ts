/**
 * Runs inside Wine, where bun.exe can read the pipes of its own children but none of Linux: listens on a port of
 * this machine, and for each connection starts the server that its first line names (`["cmd","--calls","2"]`), and
 * passes the bytes on between the two.
 */
import { join } from "node:path";
import type { Socket } from "bun";
import { say } from "../support/say.ts";

interface Peer {
  head: Buffer;
  child: ReturnType<typeof startServer> | undefined;
  /** What the socket does not take yet. */
  pending: Buffer;
}

const repository = join(import.meta.dir, "../..");

function startServer([server = "", ...args]: readonly string[]) {
  return Bun.spawn([process.execPath, join(repository, "servers", server, "src/main.ts"), ...args], {
    cwd: repository,
    env: { ...process.env, MCP_GATEWAY_PREBUILT: "0" },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
  });
}

function open(socket: Socket<Peer>, line: string): NonNullable<Peer["child"]> {
  const child = startServer(JSON.parse(line) as string[]); // Written by in-wine.ts.
  socket.data.child = child;
  void pump(socket, child.stdout);
  return child;
}

function pass(child: NonNullable<Peer["child"]>, bytes: Uint8Array): void {
  child.stdin.write(bytes);
  child.stdin.flush();
}

async function pump(socket: Socket<Peer>, output: ReadableStream<Uint8Array>): Promise<void> {
  for await (const chunk of output) {
    socket.data.pending = Buffer.concat([socket.data.pending, chunk]);
    flush(socket);
  }
  socket.end();
}

function flush(socket: Socket<Peer>): void {
  const { pending } = socket.data;
  if (pending.length > 0) socket.data.pending = pending.subarray(socket.write(pending));
}

function end({ data }: Socket<Peer>): void {
  data.child?.stdin.end();
}

const listener = Bun.listen<Peer>({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open(socket) {
      socket.data = { head: Buffer.alloc(0), child: undefined, pending: Buffer.alloc(0) };
    },
    data(socket, chunk) {
      const { data } = socket;
      if (data.child !== undefined) return pass(data.child, chunk);
      data.head = Buffer.concat([data.head, chunk]);
      const feed = data.head.indexOf(0x0a);
      if (feed === -1) return;
      pass(open(socket, data.head.toString("utf8", 0, feed)), data.head.subarray(feed + 1));
    },
    drain: flush,
    end,
    close: end,
    error: end,
  },
});
say(`relay listens on ${listener.port}`);
