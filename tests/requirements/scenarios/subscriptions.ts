/** Watching resources. */
import type { MatrixClient } from "../client/matrix-client.ts";
import { type Scene, verifies } from "../verifies.ts";

/** How often the client was told of this resource. */
function told(client: MatrixClient, uri: string): number {
  return client.told.filter(
    ({ method, params }) => method === "notifications/resources/updated" && params["uri"] === uri,
  ).length;
}

async function update({ call }: Scene, client: MatrixClient, uri: string): Promise<void> {
  await call(client, "update", { uri });
}

verifies("subscriptions:updated", async (scene) => {
  const client = await scene.open();
  const [watched, other] = [scene.uri("watched"), scene.uri("other")];
  await client.watch(watched);
  const [before, beforeOther] = [told(client, watched), told(client, other)];
  await update(scene, client, other);
  await listenedAt(scene, client, watched);
  await scene.until("the update", () => told(client, watched) > before);
  scene.expect(told(client, other)).toBe(beforeOther);
  await client.unwatch(watched);
});

/** Says that it changed until somebody is told: a stateless server is listened to anew, which takes a moment. */
async function listenedAt(scene: Scene, client: MatrixClient, uri: string): Promise<void> {
  const before = told(client, uri);
  await scene.until(`an update of ${uri}`, async () => {
    await update(scene, client, uri);
    return told(client, uri) > before;
  });
}

verifies("subscriptions:ended", async (scene) => {
  const client = await scene.open();
  const [ended, still] = [scene.uri("text"), scene.uri("other")];
  await client.watch(ended);
  await client.watch(still);
  await listenedAt(scene, client, ended);
  await client.unwatch(ended);
  // What was said before the end may still be on its way; what is said after it must not come.
  await listenedAt(scene, client, still);
  const before = told(client, ended);
  await update(scene, client, ended);
  await listenedAt(scene, client, still);
  scene.expect(told(client, ended)).toBe(before);
  await client.unwatch(still);
});

verifies("subscriptions:counted", async (scene) => {
  const [first, second] = [await scene.fresh(), await scene.open()];
  const uri = scene.uri("binary");
  await first.watch(uri);
  await second.watch(uri);
  await listenedAt(scene, first, uri);
  await first.unwatch(uri);
  await listenedAt(scene, second, uri);
  await first.watch(uri);
  await first[Symbol.asyncDispose]();
  await listenedAt(scene, second, uri);
  await second.unwatch(uri);
  const gone = await scene.until("the letting go at the server", async () => {
    if (scene.backend.era === "session")
      return (await scene.seen(second, "resources/unsubscribe")).some((one) =>
        JSON.stringify(one).includes(uri),
      );
    const listens = await scene.seen(second, "subscriptions/listen");
    return !JSON.stringify(listens.at(-1)).includes(uri);
  });
  scene.expect(gone).toBe(true);
});

verifies("subscriptions:restored", async (scene) => {
  const client = await scene.open();
  const uri = scene.uri("more");
  await client.watch(uri);
  await listenedAt(scene, client, uri);
  await scene.lose(client);
  const before = told(client, uri);
  await listenedAt(scene, client, uri);
  scene.expect(told(client, uri)).toBeGreaterThan(before);
  await client.unwatch(uri);
  await scene.forgiveLoss(client);
});
