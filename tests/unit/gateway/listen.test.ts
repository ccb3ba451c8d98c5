/** Why an address can't be taken, told truly: Bun's own reason may be left over from another failure. */
import { expect, test } from "bun:test";
import { loadGatewaySettings } from "@mcp-gateway/config";
import { isGatewayError } from "@mcp-gateway/kit";
import { addressFault, listen } from "../../../apps/gateway/src/listen.ts";
import { tempDir } from "../../support/temp-dir.ts";

async function faultOf(host: string, port = 0): Promise<string> {
  await using directory = tempDir("listen");
  const path = `${directory.path}/config.json`;
  await Bun.write(path, JSON.stringify({ gateway: { host }, mcpServers: {} }));
  const loaded = await loadGatewaySettings(path);
  if (!loaded.ok) throw new Error(`not loaded: ${JSON.stringify(loaded.faults)}`);
  try {
    listen(loaded.settings, port, false, () => new Response(null)).stop(true);
    return "";
  } catch (thrown) {
    const told = await addressFault(host, thrown);
    return isGatewayError(told) ? `${told.code}: ${told.message}` : String(told);
  }
}

test("a name without an address, and an address of another machine, are called so", async () => {
  using taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(null) });
  const port = taken.port ?? 0;
  expect(await faultOf("127.0.0.1", port)).toBe(
    `address-in-use: Another program already listens on 127.0.0.1:${port}.`,
  );
  expect(await faultOf("localhost", port)).toContain("address-in-use: ");
  // Right after a port that was in use, Bun says the same of these.
  expect(await faultOf("no-such-host.invalid")).toBe(
    'address-unusable: No address is known for the name "no-such-host.invalid".',
  );
  expect(await faultOf("192.0.2.1")).toBe("address-unusable: This machine has no address 192.0.2.1.");
});
