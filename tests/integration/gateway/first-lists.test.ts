/** Clients that all wait for the first lists are answered in one moment, from the same memory. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { startStack } from "../../support/harness.ts";
import { fakeBackend } from "../../support/repository.ts";
import { StatelessClient } from "../stateless/stateless-client.ts";

setDefaultTimeout(30_000);

test("each gets the list under its own id, with a session's revision and without", async () => {
  const slow = fakeBackend("--name", "slow", "--tools", "300", "--list-delay", "1000");
  await using stack = await startStack({ mcpServers: { slow } }, { until: "listening" });
  const stateless = new StatelessClient(stack.mcpUrl);
  const ids = Array.from({ length: 40 }, (_, at) => (at % 3 === 0 ? `client ${at}` : 10 ** (at % 9) + at));
  const answers = await Promise.all(
    ids.map(async (id, at) => {
      if (at % 2 === 0) return (await stateless.ask("tools/list", {}, { id })).text;
      const response = await fetch(stack.mcpUrl, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
        body: JSON.stringify({ jsonrpc: "2.0", id, method: "tools/list" }),
      });
      return await response.text();
    }),
  );
  const messages = answers.map((text) => JSON.parse(text));
  expect(messages.map(({ id }) => id)).toEqual(ids);
  for (const { result } of messages) expect(result.tools.length).toBeGreaterThanOrEqual(300);
});
