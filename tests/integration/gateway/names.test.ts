/** A server that shows its own names on the merged face: found by every form of them, and turned on and off while running. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { startStack } from "../../support/harness.ts";
import { openRawClient } from "../../support/raw-client.ts";
import { fakeBackend } from "../../support/repository.ts";
import { waitFor } from "../../support/wait-for.ts";

setDefaultTimeout(60_000);

test("shown, called, and changed with the configuration", async () => {
  const one = { ...fakeBackend("--name", "one"), names: "own" };
  const two = fakeBackend("--name", "two");
  await using stack = await startStack({ mcpServers: { one, two } });
  await using client = await openRawClient(stack.mcpUrl);
  const shown = async (): Promise<readonly string[]> => {
    const { result } = await client.request("tools/list");
    const { tools } = result as { tools: readonly { name: string }[] }; // Its names are what is tested.
    return tools.map(({ name }) => name);
  };

  const before = await shown();
  expect(before).toContain("whoami");
  expect(before).toContain("two__whoami");
  expect(before).not.toContain("one__whoami");
  for (const name of ["whoami", "one__whoami", "one/whoami"])
    expect(await client.callText(name)).toContain('"one"');
  expect(await client.callText("two__whoami")).toContain('"two"');

  // Neither server's name may depend on the other's, so both can't show their own.
  stack.writeConfig({ mcpServers: { one, two: { ...two, names: "own" } } });
  const { config } = await stack.waitForStatus(
    (status) => status.config.faults.length > 0,
    "the configuration to be refused",
  );
  expect(config.faults.join()).toContain('mcpServers.two.names: is "own" for one too');
  expect(await shown()).toEqual(before);

  stack.writeConfig({ mcpServers: { one: { ...one, names: "qualified" }, two: { ...two, names: "own" } } });
  await client.waitForMessage(
    "the change",
    ({ method }) => method === "notifications/tools/list_changed",
    20_000,
  );
  const hasChanged = async (): Promise<boolean> => {
    const names = await shown();
    return ["one__whoami", "whoami"].every((name) => names.includes(name)) && !names.includes("two__whoami");
  };
  await waitFor(hasChanged, { what: "the other names", timeoutMs: 20_000 });
  await stack.waitReady();
  expect(await client.callText("whoami")).toContain('"two"');
});
