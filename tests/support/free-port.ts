/** Below the ports that systems hand out themselves: from those an outgoing connection could take one at any moment. */
const [lowest, count] = [12_000, 20_000];

/** A TCP port of the loopback that nobody listens on right now, nor is given by chance. */
export function freePort(): number {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = lowest + Math.floor(Math.random() * count);
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data: () => undefined } }).stop(true);
      return port;
    } catch {
      // Taken: the next is as good.
    }
  }
  throw new Error("no free port was found");
}
