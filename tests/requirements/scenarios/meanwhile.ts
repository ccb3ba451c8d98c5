/** What happens while a call is in flight: progress, cancellation, a second one with its id. */
import { textOf } from "../client/matrix-client.ts";
import { verifies } from "../verifies.ts";

const nonce = (): string => crypto.randomUUID();

verifies("tools:call:duplicate-id", async ({ expect, open, named, seen, until }) => {
  const client = await open();
  const key = nonce();
  const id = `twice ${key}`;
  const first = client.begin("tools/call", { name: named("hang"), arguments: { key } }, { id });
  await until("the first at its server", async () => (await seen(client, key)).length > 0);
  const second = client.begin("tools/call", { name: named("echo"), arguments: {} }, { id });
  const { error } = await second.outcome;
  expect([error?.code, error?.data?.["reason"]]).toEqual([-32600, "duplicate-request-id"]);
  await first.cancel();
  await until("the end of the first", async () =>
    JSON.stringify(await seen(client, key)).includes("(aborted)"),
  );
});

verifies("progress:reported", async ({ expect, open, call }) => {
  const token = `token ${nonce()}`;
  const outcome = await call(await open(), "progress", { count: 3 }, { progressToken: token });
  expect(textOf(outcome)).toBe("reported 3");
  const own = outcome.news.filter(({ params }) => params["progressToken"] === token);
  expect(own.map(({ method, params }) => [method, params["progress"], params["message"]])).toEqual(
    [1, 2, 3].map((step) => ["notifications/progress", step, `step ${step}`]),
  );
});

verifies("progress:token-of-this-hop", async ({ expect, open, call }) => {
  const token = `token ${nonce()}`;
  const { _meta } = JSON.parse(textOf(await call(await open(), "echo", {}, { progressToken: token })));
  expect(_meta.progressToken).toBeDefined();
  expect(_meta.progressToken).not.toBe(token);
});

verifies("progress:not-asked", async ({ expect, open, call }) => {
  const outcome = await call(await open(), "progress", { count: 3 });
  expect(textOf(outcome)).toBe("not asked to report");
  expect(outcome.news.filter(({ method }) => method === "notifications/progress")).toEqual([]);
});

verifies("progress:of-question", async ({ expect, open, call, seen, until }) => {
  const client = await open();
  const message = `thinking ${nonce()}`;
  const said = { role: "assistant", content: { type: "text", text: "hm" }, model: "m" };
  // The SDK forgets whom to tell when the answer comes right behind the report.
  const after = () => until("the report at the server", async () => (await seen(client, message)).length > 0);
  client.answers = ({ params }) => {
    const token = (params["_meta"] as { progressToken?: unknown } | undefined)?.progressToken; // The server's own.
    return { before: [{ progressToken: token, progress: 1, message }], result: said, after };
  };
  expect(JSON.parse(textOf(await call(client, "ask_watched")))).toMatchObject([{ progress: 1, message }]);
});

verifies("cancellation:by-client", async ({ expect, open, named, seen, until }) => {
  const client = await open();
  const key = nonce();
  const started = client.begin("tools/call", { name: named("hang"), arguments: { key } });
  await until("the call at its server", async () => (await seen(client, key)).length > 0);
  await started.cancel();
  const aborted = await until("the cancellation at the server", async () =>
    (await seen(client, key)).find(({ method }) => method === "(aborted)"),
  );
  expect(aborted["params"]).toEqual({ key });
});

verifies("cancellation:end-of-session", async ({ expect, open, fresh, named, seen, until }) => {
  const observer = await open();
  const leaving = await fresh();
  const key = nonce();
  leaving.begin("tools/call", { name: named("hang"), arguments: { key } });
  await until("the call at its server", async () => (await seen(observer, key)).length > 0);
  await leaving[Symbol.asyncDispose]();
  const aborted = await until("the cancellation at the server", async () =>
    (await seen(observer, key)).find(({ method }) => method === "(aborted)"),
  );
  expect(aborted["params"]).toEqual({ key });
});

verifies("cancellation:of-question", async ({ expect, open, call, until }) => {
  const client = await open();
  const key = nonce();
  client.answers = () => undefined;
  const outcome = await call(client, "withdraw", { key });
  expect(textOf(outcome)).toBe("withdrawn");
  const asked = client.asked.find(({ text }) => text.includes(key));
  const withdrawn = await until("the withdrawal", () =>
    [...outcome.news, ...client.told].find(
      ({ method, params }) => method === "notifications/cancelled" && params["requestId"] === asked?.id,
    ),
  );
  expect(withdrawn.params["requestId"]).toBe(asked?.id);
});
