/** F55. Out of file descriptors a Bun server spins and accepts nobody; the gateway refuses before it gets there. */
import { expect, test } from "bun:test";
import { descriptorsIn } from "../../../apps/gateway/src/connections-max.ts";
import { startStack } from "../../support/harness.ts";
import { fakeBackend } from "../../support/repository.ts";
import { waitFor } from "../../support/wait-for.ts";

test.skipIf(process.platform !== "linux")(
  "more open streams than file descriptors: some are refused, everybody else is served",
  async () => {
    await using stack = await startStack(
      { mcpServers: { fake: fakeBackend() } },
      { openFilesMax: 120, logLevel: "warning" },
    );
    // Well below the 256 connections that fetch opens at once, which other tests of this process share.
    // Answers that nobody holds are collected, and their connections closed.
    const open: (readonly [AbortController, Response])[] = [];
    const statuses = new Map<number, number>();
    for (let at = 0; at < 150; at += 1) {
      const stream = new AbortController();
      const answer = await fetch(stack.sseUrl, { signal: stream.signal });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      if (answer.status === 200) open.push([stream, answer]);
      else expect(await answer.text()).toContain("too-many-connections");
    }
    expect([...statuses.keys()].toSorted()).toEqual([200, 503]);
    expect(statuses.get(200)).toBeGreaterThan(50);
    // The operator still sees what is wrong.
    expect((await fetch(`${stack.url}/health`)).status).toBe(200);
    expect((await stack.status()).sessions.sse).toBe(open.length);
    for (const [stream] of open) stream.abort();
    await waitFor(async () => (await fetch(stack.sseUrl)).status === 200, { what: "room for new clients" });
  },
  30_000,
);

test("the number of descriptors is read from what the system says", () => {
  const line = (soft: string) =>
    `Limit  Soft Limit  Hard Limit  Units\nMax open files            ${soft}   524288   files\n`;
  expect(descriptorsIn(line("1024"))).toBe(1024);
  expect(descriptorsIn(line("unlimited"))).toBeUndefined();
  expect(descriptorsIn("")).toBeUndefined();
});
