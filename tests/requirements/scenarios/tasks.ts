/** Tasks of 2025-11-25. */
import { type JsonObject, type MatrixClient, textOf } from "../client/matrix-client.ts";
import { type Scene, verifies } from "../verifies.ts";

/** Begins a task that works until it is told to end. */
async function begin({ named }: Scene, client: MatrixClient, args: JsonObject = {}): Promise<JsonObject> {
  const outcome = await client.request("tools/call", {
    name: named("work"),
    arguments: args,
    task: { ttl: 60_000 },
  });
  const task = outcome.result?.["task"] as JsonObject | undefined; // Compared by the scenario.
  if (task === undefined) throw new Error(`the call was answered ${outcome.text}`);
  return task;
}

async function end(scene: Scene, client: MatrixClient, { taskId }: JsonObject): Promise<void> {
  scene.expect(textOf(await scene.call(client, "end_work", { taskId }))).toBe("ended");
}

verifies("tasks:created", async (scene) => {
  const client = await scene.open();
  const task = await begin(scene, client);
  scene.expect(task).toMatchObject({ status: "working", ttl: 60_000 });
  scene.expect(String(task["taskId"])).toStartWith(`${scene.backend.server}-`);
});

verifies("tasks:get", async (scene) => {
  const client = await scene.open();
  const task = await begin(scene, client);
  const get = async () => (await client.request("tasks/get", { taskId: task["taskId"] })).result;
  scene.expect(await get()).toMatchObject({ taskId: task["taskId"], status: "working" });
  await end(scene, client, task);
  scene.expect(await get()).toMatchObject({ taskId: task["taskId"], status: "completed" });
});

verifies("tasks:result", async (scene) => {
  const client = await scene.open();
  const nonce = crypto.randomUUID();
  const task = await begin(scene, client, { nonce });
  const result = client.request("tasks/result", { taskId: task["taskId"] });
  await end(scene, client, task);
  const outcome = await result;
  scene.expect(textOf(outcome)).toBe(`worked ${nonce}`);
  scene.expect(outcome.result?.["_meta"]).toMatchObject({
    "io.modelcontextprotocol/related-task": { taskId: task["taskId"] },
  });
});

verifies("tasks:list", async (scene) => {
  const [client, other] = [await scene.open(), await scene.open({})];
  const mine = await begin(scene, client);
  const theirs = await begin(scene, other);
  const { text } = await client.request("tasks/list");
  scene.expect(text).toContain(String(mine["taskId"]));
  scene.expect(text).not.toContain(String(theirs["taskId"]));
});

verifies("tasks:cancel", async (scene) => {
  const client = await scene.open();
  const task = await begin(scene, client);
  const cancelled = await client.request("tasks/cancel", { taskId: task["taskId"] });
  scene.expect(cancelled.result).toMatchObject({ taskId: task["taskId"], status: "cancelled" });
  const [seen] = await scene.seen(
    client,
    `"method":"tasks/cancel","params":{"taskId":"${String(task["taskId"])}"`,
  );
  scene.expect(seen).toBeDefined();
});

verifies("tasks:status", async (scene) => {
  const [client, other] = [await scene.open(), await scene.open({})];
  const task = await begin(scene, client);
  await end(scene, client, task);
  const told = await scene.until("the status", () =>
    client.told.find(
      ({ method, params }) => method === "notifications/tasks/status" && params["taskId"] === task["taskId"],
    ),
  );
  scene.expect(told.params).toMatchObject({ status: "completed" });
  await other.request("tools/list");
  scene.expect(JSON.stringify(other.told)).not.toContain(String(task["taskId"]));
});

verifies("tasks:of-others", async (scene) => {
  const [client, other] = [await scene.open(), await scene.open({})];
  const { taskId } = await begin(scene, client);
  for (const method of ["tasks/get", "tasks/result", "tasks/cancel"])
    scene.expect((await other.request(method, { taskId })).error?.code).toBe(-32602);
  scene.expect((await client.request("tasks/get", { taskId })).result).toMatchObject({ status: "working" });
});

verifies("tasks:unknown", async (scene) => {
  const client = await scene.open();
  for (const method of ["tasks/get", "tasks/result", "tasks/cancel"])
    scene
      .expect((await client.request(method, { taskId: `${scene.backend.server}-none` })).error?.code)
      .toBe(-32602);
});
