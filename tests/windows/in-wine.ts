/**
 * A server for Windows as a program of Linux: `in-wine.ts PORT SERVER [ARGUMENT …]` is on stdio what the server
 * behind the relay in Wine is on its own.
 */
const [port = "0", ...server] = process.argv.slice(2);

let pending: Buffer = Buffer.alloc(0);
let isOver = false;

const socket = await Bun.connect({
  hostname: "127.0.0.1",
  port: Number(port),
  socket: {
    data: (_, chunk) => void process.stdout.write(chunk),
    drain: flush,
    close: () => process.exit(0),
    error: () => process.exit(1),
  },
});

function flush(): void {
  if (pending.length > 0) pending = pending.subarray(socket.write(pending));
  if (isOver && pending.length === 0) socket.shutdown();
}

function send(bytes: Uint8Array): void {
  pending = Buffer.concat([pending, bytes]);
  flush();
}

send(Buffer.from(`${JSON.stringify(server)}\n`));
for await (const chunk of Bun.stdin.stream()) send(chunk);
isOver = true;
flush();
