/**
 * Holds idle SSE sessions open, in a process of its own so that they cost the load generator nothing.
 *
 *   bun bench/load/hold-sessions.ts PORT PATH COUNT
 *
 * Says `open` when all are, and ends with its standard input. Exit code 1: one could not be opened, or was ended.
 */
import { mapLimited } from "./map-limited.ts";
import { SseClient } from "./sse-client.ts";

const [port, path, count] = process.argv.slice(2);
const opensAtOnce = 32;

const held = await mapLimited(Number(count), opensAtOnce, async () => {
  return await SseClient.openIdle(Number(port), path ?? "/sse");
});
process.stdout.write("open\n");
for await (const _ of Bun.stdin.stream());
process.exit(held.every((client) => client.isOpen) ? 0 : 1);
