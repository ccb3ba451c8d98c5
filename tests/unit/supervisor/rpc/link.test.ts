import { describe, expect, test } from "bun:test";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { contractVersion, FrameKind } from "@mcp-gateway/contract";
import { isGatewayError, limits, version } from "@mcp-gateway/kit";
import { listenForLinks } from "../../../../apps/supervisor/src/rpc/listen.ts";
import { until } from "../process/programs.ts";
import { type LinkClient, openConnection } from "./link-client.ts";
import { fakeServer, startWorld, type World } from "./world.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function pathOf(world: World): string {
  return world.address.kind === "unix" ? world.address.path : world.address.portFile;
}

describe.skipIf(process.platform === "win32")("the link's address", () => {
  test("the socket is the user's alone, and so is its folder", async () => {
    await using world = await startWorld([]);
    expect(statSync(pathOf(world)).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(pathOf(world))).mode & 0o777).toBe(0o700);
  });

  test("a second supervisor finds the first and refuses; a stale file is taken over", async () => {
    await using world = await startWorld([]);
    const refusal = await listenForLinks(world.address, () => neverCalled()).catch((error: unknown) => error);
    expect(isGatewayError(refusal) && refusal.code).toBe("already-running");
    world.server.close();
    writeFileSync(pathOf(world), "");
    const listener = await listenForLinks(world.address, () => neverCalled());
    expect(listener.check()).toBe("kept");
    listener.stop();
  });

  test("a removed socket file is made again, and links that stand are not touched", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    rmSync(dirname(pathOf(world)), { recursive: true });
    await until(() => statSync(pathOf(world), { throwIfNoEntry: false }) !== undefined, "the new file");
    await using second = await world.connect();
    expect((await second.call(state, "echo", { nonce: "second" })).text).toContain("second");
    expect((await link.call(state, "echo", { nonce: "first" })).text).toContain("first");
    expect(world.displaced).toBe(0);
  }, 15_000);

  test("another listener at the address displaces the supervisor", async () => {
    await using world = await startWorld([]);
    rmSync(pathOf(world));
    const other = await listenForLinks(world.address, () => neverCalled());
    await until(() => world.displaced > 0, "the notice");
    other.stop();
  }, 15_000);

  test("loopback TCP carries the same", async () => {
    await using world = await startWorld([fakeServer("one")], { link: "tcp" });
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    expect((await link.call(state, "echo", { nonce: "tcp" })).text).toContain("tcp");
    expect(statSync(pathOf(world)).mode & 0o777).toBe(0o600);
  });
});

function neverCalled(): never {
  throw new Error("nobody connects here");
}

describe("hello", () => {
  test("another contract version is refused with both versions named", async () => {
    await using world = await startWorld([]);
    const connection = await openConnection(world.address, {
      role: "gateway",
      token: world.token,
      contract: 999,
    });
    await until(() => connection.closed, "the end");
    expect(connection.messages).toEqual([
      {
        type: "refused",
        reason: `The link's contract is version ${contractVersion} here (supervisor ${version}) and version 999 there.`,
      },
    ]);
  });

  test("a wrong token and a data connection of no gateway are refused", async () => {
    await using world = await startWorld([]);
    const stranger = await openConnection(world.address, { role: "gateway", token: "wrong" });
    const lost = await openConnection(world.address, { role: "data", token: world.token, gateway: 77 });
    await until(() => stranger.closed && lost.closed, "both ends");
    expect(stranger.messages).toEqual([{ type: "refused", reason: expect.stringContaining("token") }]);
    expect(lost.messages).toEqual([{ type: "refused", reason: expect.stringContaining("77") }]);
  });

  test("bytes that are no frame, and silence, end the connection", async () => {
    await using world = await startWorld([]);
    if (world.address.kind !== "unix") throw new Error("unreachable");
    const ends: string[] = [];
    for (const bytes of ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n________________", ""]) {
      await Bun.connect({
        unix: world.address.path,
        socket: {
          open: (socket) => void socket.write(bytes),
          data: () => undefined,
          close: () => void ends.push(bytes),
        },
      });
    }
    await until(() => ends.length === 2, "both ends", limits.linkHelloTimeoutMs + 3_000);
  }, 15_000);

  test("the command line sees everything and may operate, but has no number", async () => {
    await using world = await startWorld([fakeServer("one")]);
    const cli = await openConnection(world.address, { role: "cli", token: world.token });
    await until(() => cli.messages.some(({ type }) => type === "snapshot"), "the snapshot");
    expect(cli.messages[0]).toMatchObject({ type: "welcome", gateway: 0, version });
    cli.peer.sendControl({ type: "operation", id: 7, operation: "stop", backend: "one" });
    await until(
      () => cli.messages.some((message) => message.type === "done" && message.id === 7),
      "the end of stop",
    );
    cli.peer.close();
  });
});

describe.skipIf(process.platform === "win32")("several gateways at one supervisor", () => {
  test("answers and progress reach only the gateway that asked", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using a = await world.connect();
    await using b = await world.connect();
    const state = await a.untilPhase("one", "ready");
    await b.untilPhase("one", "ready");
    expect(a.number).not.toBe(b.number);
    const calls = Array.from(
      { length: 50 },
      (_, index) =>
        [
          a.startCall(state, "echo", { nonce: `a${index}`, ms: index % 5 }),
          b.startCall(state, "echo", { nonce: `b${index}`, ms: index % 3 }),
        ] as const,
    );
    for (const [index, [fromA, fromB]] of calls.entries()) {
      expect((await a.outcome(fromA)).text).toContain(`a${index}\\"`);
      expect((await b.outcome(fromB)).text).toContain(`b${index}\\"`);
    }
    expect(a.data.frames.length).toBe(50);
    expect(b.data.frames.length).toBe(50);
  });

  test("a notification without an owner goes to all, each told how many calls of others are in flight", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using a = await world.connect();
    await using b = await world.connect();
    const state = await a.untilPhase("one", "ready");
    await b.untilPhase("one", "ready");
    a.startCall(state, "hang");
    await a.call(state, "log", { count: 1, level: "error" });
    const notificationOf = (link: LinkClient) =>
      link.data.frames.find(({ kind }) => kind === FrameKind.notification);
    await until(
      () => notificationOf(a) !== undefined && notificationOf(b) !== undefined,
      "both notifications",
    );
    expect(notificationOf(b)).toMatchObject({ call: 0, backend: state.index, epoch: state.epoch });
    expect(notificationOf(b)?.reference).toBeGreaterThanOrEqual(1);
    expect(notificationOf(a)?.reference).toBe(0);
  });

  test("a question that may be about calls of several is refused, and each of these is told, nobody else", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using a = await world.connect();
    await using b = await world.connect();
    await using idle = await world.connect();
    const state = await a.untilPhase("one", "ready");
    const hanging = b.startCall(state, "hang");
    const question = { method: "elicitation/create", params: { message: "whose?" } };
    expect((await a.call(state, "ask_client", question)).text).toContain("client-request-unattributed");
    const doubts = (link: LinkClient) => link.data.frames.filter(({ kind }) => kind === FrameKind.doubt);
    await until(() => doubts(a).length > 0 && doubts(b).length > 0, "both to be told");
    for (const link of [a, b]) {
      expect(doubts(link)).toMatchObject([{ call: 0, backend: state.index, epoch: state.epoch }]);
      expect(link.data.frames.some(({ kind }) => kind === FrameKind.reverse)).toBe(false);
    }
    expect(hanging).toBeGreaterThan(0);
    expect((await idle.call(state, "echo", { nonce: "after" })).text).toContain("after");
    expect(doubts(idle)).toEqual([]);
  });

  test("a gateway that goes away has its calls cancelled, and the backend lives on", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using stays = await world.connect();
    const leaves = await world.connect();
    const state = await stays.untilPhase("one", "ready");
    leaves.startCall(state, "hang");
    await leaves.call(state, "echo");
    await leaves[Symbol.asyncDispose]();
    await until(
      async () =>
        (await stays.call(state, "received", { method: "notifications/cancelled" })).text.includes(
          "went away",
        ),
      "the cancel",
    );
    expect(stays.backend("one")?.pid).toBe(state.pid);
    await using returns = await world.connect();
    expect(returns.backend("one")).toEqual(state);
    expect(returns.number).not.toBe(leaves.number);
  });

  test("a gateway that connects its data anew has its earlier calls cancelled, also while the old end seems alive", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using stays = await world.connect();
    await using renews = await world.connect();
    const state = await stays.untilPhase("one", "ready");
    renews.startCall(state, "hang");
    await renews.call(state, "echo");
    const anew = await openConnection(world.address, {
      role: "data",
      token: world.token,
      gateway: renews.number,
    });
    await until(
      async () =>
        (await stays.call(state, "received", { method: "notifications/cancelled" })).text.includes(
          "went away",
        ),
      "the cancel",
    );
    expect(anew.closed).toBe(false);
    anew.peer.close();
  });

  test("a call to what is not configured and a frame that gateways do not send", async () => {
    await using world = await startWorld([]);
    await using link = await world.connect();
    link.send({
      kind: FrameKind.call,
      backend: 9,
      epoch: 1,
      call: 5,
      payload: encoder.encode('"method":"ping"}'),
    });
    const { frame } = await link.outcome(5);
    expect(JSON.parse(decoder.decode(frame.payload))).toMatchObject({ data: { reason: "backend-unknown" } });
    link.send({ kind: FrameKind.reply, backend: 1, epoch: 1, call: 5, payload: encoder.encode("{}") });
    await until(() => link.data.closed, "the end of the data connection");
  });
});

describe.skipIf(process.platform === "win32")("a gateway that does not read", () => {
  test("pauses the backend that feeds it, and gets everything when it reads again", async () => {
    await using world = await startWorld([fakeServer("big")]);
    await using link = await world.connect();
    const state = await link.untilPhase("big", "ready");
    const bytes = 1_000_000;
    link.data.socket.pause();
    const calls = Array.from({ length: 60 }, () => link.startCall(state, "big", { bytes }));
    const connection = world.supervisor.backend(state.index)?.connectionAt(state.epoch);
    // Everything is asked; what the link can't take stays with the backend.
    let before = -1;
    await until(async () => {
      const now = connection?.inFlight() ?? 0;
      const settled = now === before && now < 60;
      before = now;
      await Bun.sleep(150);
      return settled;
    }, "the backend to be paused");
    expect(before).toBeGreaterThan(20);
    link.data.socket.resume();
    for (const call of calls) expect((await link.outcome(call)).frame.payload.length).toBeGreaterThan(bytes);
    expect(link.data.closed).toBe(false);
  }, 30_000);
});
