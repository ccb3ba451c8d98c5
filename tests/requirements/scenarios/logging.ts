/** Log messages: who gets which. */
import type { Outcome } from "../client/matrix-client.ts";
import { type Scene, verifies } from "../verifies.ts";

const levels = ["debug", "info", "warning", "error"];

/** The levels of the messages with this nonce, in the order they came. */
function heard({ news }: Outcome, nonce: string): unknown[] {
  return news
    .filter(
      ({ method, params }) => method === "notifications/message" && String(params["data"]).startsWith(nonce),
    )
    .map(({ params }) => params["level"]);
}

verifies("logging:level", async ({ expect, open, call, backend }) => {
  const client = await open();
  const nonce = crypto.randomUUID();
  await client.setLogLevel("warning");
  const outcome = await call(client, "log", { nonce, levels });
  expect(heard(outcome, nonce)).toEqual(["warning", "error"]);
  const loggers = outcome.news.map(({ params }) => String(params["logger"]));
  expect(loggers.filter((logger) => logger.startsWith(`${backend.server}/`)).length).toBeGreaterThanOrEqual(
    2,
  );
});

verifies("logging:each-client", async ({ expect, open, call }) => {
  const [quiet, chatty] = [await open(), await open({})];
  await quiet.setLogLevel("error");
  await chatty.setLogLevel("debug");
  for (const [client, wanted] of [
    [quiet, ["error"]],
    [chatty, levels],
  ] as const) {
    const nonce = crypto.randomUUID();
    expect(heard(await call(client, "log", { nonce, levels }), nonce)).toEqual([...wanted]);
  }
});

verifies("logging:own-call", async (scene: Scene) => {
  const [caller, other] = [await scene.open(), await scene.open({})];
  const nonce = crypto.randomUUID();
  for (const client of [caller, other]) await client.setLogLevel("debug");
  const outcome = await scene.call(caller, "log", { nonce, levels: ["info"] });
  scene.expect(heard(outcome, nonce)).toEqual(["info"]);
  // The other's next answer comes after whatever was sent to it before.
  const { news } = await scene.call(other, "echo");
  scene.expect(JSON.stringify([other.told, news])).not.toContain(nonce);
});

verifies("logging:not-asked", async ({ expect, fresh, call }) => {
  const nonce = crypto.randomUUID();
  const outcome = await call(await fresh(), "log", { nonce, levels });
  expect(outcome.result).toBeDefined();
  expect(outcome.news).toEqual([]);
});

verifies("logging:unknown-level", async ({ expect, fresh, client: { era }, call }) => {
  const client = await fresh();
  const { error } =
    era === "session"
      ? await client.request("logging/setLevel", { level: "loud" })
      : await call(client, "echo", {}, { "io.modelcontextprotocol/logLevel": "loud" });
  expect(error?.code).toBe(-32602);
});
