/** The test machinery itself: what it must notice, it notices. */
import { expect, test } from "bun:test";
import { startFakeHttpBackend } from "./fake-http-backend.ts";
import { expectNoneLeft, isAlive, processesWithTag } from "./processes.ts";
import { random } from "./random.ts";
import { openRawClient } from "./raw-client.ts";
import { rawHttp } from "./raw-http.ts";
import { openStdioClient } from "./raw-stdio-client.ts";
import { fakeBackend } from "./repository.ts";
import { waitFor } from "./wait-for.ts";

for (const plainJson of [false, true]) {
  test(`the hand-written clients speak with the fake HTTP backend (${plainJson ? "JSON" : "event stream"} answers)`, async () => {
    await using backend = startFakeHttpBackend({ tools: 3, plainJson });
    for (const url of [backend.mcpUrl, backend.sseUrl]) {
      await using client = await openRawClient(url);
      expect(await client.callText("echo", { nonce: 7 })).toBe('{"nonce":7}');
      const failed = await client.request("tools/call", {
        name: "fail",
        arguments: { code: -5, message: "m", data: { a: 1 } },
      });
      expect(failed.error).toEqual({ code: -5, message: "m", data: { a: 1 } });
      await client.callText("add_tool", { name: "late" });
      await client.waitForMessage(
        "list_changed",
        ({ method }) => method === "notifications/tools/list_changed",
      );
      backend.dropStreams();
      await client.streamEnded;
    }
  });
}

test("the fake stdio backend misbehaves as it is told to", async () => {
  const program = fakeBackend("--tools", "5", "--page-size", "2", "--junk", "3");
  await using client = await openStdioClient(program);
  expect(await client.callText("split")).toBe("é漢😀");
  const first = await client.request("tools/list");
  expect(first.result?.["nextCursor"]).toBe("2");
  const exact = await client.request(
    "tools/call",
    { name: "exact", arguments: { result: '{"n":12345678901234567890,"n":1.50}' } },
    { id: "same" },
  );
  expect(exact.text).toBe('{"jsonrpc":"2.0","id":"same","result":{"n":12345678901234567890,"n":1.50}}');
  await expect(client.request("tools/call", { name: "crash", arguments: { code: 3 } })).rejects.toThrow(
    "closed its output",
  );
});

test("a process that is left behind is found, named and ended", async () => {
  const tag = `left-${crypto.randomUUID()}`;
  const child = Bun.spawn(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], {
    env: { ...process.env, TAG: tag },
    detached: true,
  });
  await waitFor(() => processesWithTag(tag).some(({ pid }) => pid === child.pid), {
    what: "the process to be seen",
  });
  await expect(expectNoneLeft(tag, 100)).rejects.toThrow(String(child.pid));
  await child.exited;
  expect(isAlive(child.pid)).toBe(false);
  await expectNoneLeft(tag);
});

test("raw HTTP gives back status, every header and the body", async () => {
  await using backend = startFakeHttpBackend();
  const port = Number(new URL(backend.url).port);
  const answer = await rawHttp(
    port,
    "GET /nowhere HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
  );
  expect(answer.status).toBe(404);
  expect(answer.body).toBe("no such path");
});

test("the same seed gives the same numbers", () => {
  const [one, other] = [random(42), random(42)];
  expect(Array.from({ length: 5 }, () => one.below(1000))).toEqual(
    Array.from({ length: 5 }, () => other.below(1000)),
  );
  expect(random(1).shuffled([1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4]);
});
