import { textOf } from "../client/matrix-client.ts";
import { verifies } from "../verifies.ts";

verifies("tools:call:routed", async ({ expect, open, call }) => {
  const client = await open();
  const args = { text: "äöü 漢 😀", deep: { list: [1, null, true] } };
  const outcome = await call(client, "echo", args);
  expect(JSON.parse(textOf(outcome))).toMatchObject({ arguments: args });
});
