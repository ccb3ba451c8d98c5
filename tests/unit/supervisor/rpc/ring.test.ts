/** Large replies go through a ring when the gateway has mapped it, and through the socket when it has not. */
import { describe, expect, test } from "bun:test";
import { type BackendState, FrameKind, openOfferedRing } from "@mcp-gateway/contract";
import { limits } from "@mcp-gateway/kit";
import { mappedRings } from "../../../support/mapped-rings.ts";
import { until } from "../process/programs.ts";
import type { LinkClient } from "./link-client.ts";
import { fakeServer, startWorld } from "./world.ts";

const large = limits.ringPayloadBytesMin;
let nonces = 0;

/** A call whose answer has this size and is like no other; it is checked. */
async function callFor(link: LinkClient, state: BackendState, bytes: number): Promise<void> {
  const nonce = `${++nonces} `.repeat(bytes).slice(0, bytes);
  const { kind, text } = await link.call(state, "echo", { nonce });
  expect(kind).toBe("reply");
  expect(JSON.parse(JSON.parse(text).result.content[0].text)).toEqual({ nonce });
}

async function untilOffered(link: LinkClient): Promise<Uint8Array> {
  const find = () => link.data.frames.find(({ kind }) => kind === FrameKind.ring);
  await until(() => find() !== undefined, "the offer of a ring");
  return find()?.payload ?? new Uint8Array();
}

async function untilHeartbeats(link: LinkClient, more: number): Promise<void> {
  const count = () => link.control.messages.filter(({ type }) => type === "heartbeat").length;
  const goal = count() + more;
  await until(() => count() >= goal, "heartbeats", limits.linkHeartbeatMs * (more + 3));
}

/** What is resident of the rings that this process has mapped, as supervisor and as gateway. */
function residentRingKb(): number {
  return mappedRings(process.pid).reduce((sum, kb) => sum + kb, 0);
}

describe.skipIf(process.platform !== "linux")("the ring", () => {
  test("is offered with the first large reply, used when it is mapped, and its memory is given back", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    await callFor(link, state, large / 2);
    expect(link.data.frames.some(({ kind }) => kind === FrameKind.ring)).toBe(false);
    await callFor(link, state, large * 3);
    link.data.peer.readRing(openOfferedRing(await untilOffered(link)));
    link.send({ kind: FrameKind.ringAnswer, payload: Buffer.of() });
    const before = residentRingKb();
    for (let count = 0; count < 20; count += 1) await callFor(link, state, large * 3);
    // Both ends are of this process, so its pages count twice.
    expect(residentRingKb() - before).toBeGreaterThanOrEqual((large * 3) / 1_024);
    await until(() => residentRingKb() <= before, "the memory to be given back", limits.linkHeartbeatMs * 4);
    // What a gateway that reads late has not taken stays as it is.
    link.data.socket.pause();
    const late = Promise.all([callFor(link, state, large * 3), callFor(link, state, large * 3)]);
    await until(() => residentRingKb() - before >= (large * 6) / 1_024, "both replies to be in the ring");
    await untilHeartbeats(link, 2);
    link.data.socket.resume();
    await late;
    expect(link.data.frames.filter(({ kind }) => kind === FrameKind.ring)).toHaveLength(1);
  }, 30_000);

  test("larger replies than it and many at once arrive as well", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    await callFor(link, state, large);
    link.data.peer.readRing(openOfferedRing(await untilOffered(link)));
    link.send({ kind: FrameKind.ringAnswer, payload: Buffer.of() });
    await callFor(link, state, limits.ringBytes + 1);
    // Forty of them don't fit into it together.
    const sizes = Array.from({ length: 40 }, (_, at) => (at % 3 === 0 ? at : large * 10 + at));
    await Promise.all(
      sizes.map(async (bytes) => {
        const { text } = await link.call(state, "big", { bytes });
        expect(JSON.parse(text).result.content[0].text).toHaveLength(bytes);
      }),
    );
  }, 30_000);

  test.each([
    ["refuses it", "no ring today"],
    ["says nothing", undefined],
  ])(
    "is not used with a gateway that %s",
    async (_, reason) => {
      await using world = await startWorld([fakeServer("one")]);
      await using link = await world.connect();
      const state = await link.untilPhase("one", "ready");
      await callFor(link, state, large);
      const offer = await untilOffered(link);
      if (reason !== undefined) {
        link.send({ kind: FrameKind.ringAnswer, payload: Buffer.from(reason) });
        // What is refused is not there any more; the answered call shows that the refusal was read.
        await callFor(link, state, 10);
        expect(() => openOfferedRing(offer)).toThrow();
      }
      for (let count = 0; count < 3; count += 1) await callFor(link, state, large * 2);
    },
    30_000,
  );

  test("is each gateway's own, and is offered anew on a new data connection", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using first = await world.connect();
    await using second = await world.connect();
    const state = await first.untilPhase("one", "ready");
    for (const link of [first, second]) {
      await callFor(link, state, large);
      link.data.peer.readRing(openOfferedRing(await untilOffered(link)));
      link.send({ kind: FrameKind.ringAnswer, payload: Buffer.of() });
    }
    await Promise.all(
      [first, second, first, second].map(async (link, at) => await callFor(link, state, large + at * 1_000)),
    );
    const [one, two] = [first, second].map((link) =>
      link.data.frames.find(({ kind }) => kind === FrameKind.ring),
    );
    expect(one?.payload).not.toEqual(two?.payload);
    await second.renewData();
    await callFor(second, state, large);
    second.data.peer.readRing(openOfferedRing(await untilOffered(second)));
    second.send({ kind: FrameKind.ringAnswer, payload: Buffer.of() });
    for (const link of [first, second]) await callFor(link, state, large * 2);
  }, 30_000);

  test("that was never offered can't be answered", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using link = await world.connect();
    await link.untilPhase("one", "ready");
    link.send({ kind: FrameKind.ringAnswer, payload: Buffer.of() });
    // Long before it would be for its silence.
    await until(() => link.data.closed, "the connection to be closed", limits.linkSilenceMsMax / 2);
  }, 15_000);
});
