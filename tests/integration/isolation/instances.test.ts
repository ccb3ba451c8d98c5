/** Connections of client sessions' own, seen from the link: who is told what, and what ends what. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type BackendState, type Frame, FrameKind } from "@mcp-gateway/contract";
import { limits, ManualClock } from "@mcp-gateway/kit";
import { until } from "../../unit/supervisor/process/programs.ts";
import type { LinkClient } from "../../unit/supervisor/rpc/link-client.ts";
import { accepted, fakeServer, startWorld } from "../../unit/supervisor/rpc/world.ts";

const decoder = new TextDecoder();
const own = { isolation: "session" } as const;
const nothing = new Uint8Array();

function reasonOf(frame: Frame): unknown {
  return JSON.parse(decoder.decode(frame.payload)).data?.reason;
}

/** The text that a tool of the scripted backend answered with. */
async function textOf(link: LinkClient, state: BackendState, tool: string, args: object, instance: number) {
  const { text } = await link.call(state, tool, { ...args }, { instance });
  return String(JSON.parse(text).result.content[0].text);
}

async function pidOf(link: LinkClient, state: BackendState, instance: number): Promise<number> {
  return JSON.parse(await textOf(link, state, "whoami", {}, instance)).pid;
}

/** What the backend was told in `initialize`. */
async function toldTo(link: LinkClient, state: BackendState, instance: number): Promise<unknown> {
  const received = await textOf(link, state, "received", { method: "initialize" }, instance);
  return JSON.parse(received)[0].params.capabilities;
}

function close(link: LinkClient, state: BackendState, instance: number): void {
  link.send({ kind: FrameKind.close, backend: state.index, instance, payload: nothing });
}

const isLinux = process.platform === "linux";

describe.skipIf(!isLinux)("what a session's own connection is", () => {
  test("a process of its own, told exactly what the client declared, less tasks", async () => {
    await using world = await startWorld([fakeServer("one", [], own)]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    const declared = { roots: { listChanged: true }, sampling: { context: {} }, elicitation: { url: {} } };
    const a = await link.open(state, { ...declared, tasks: { list: {} } });
    const b = await link.open(state, {});
    expect(await toldTo(link, state, a)).toEqual(declared);
    expect(await toldTo(link, state, b)).toEqual({});
    expect(await toldTo(link, state, 0)).toEqual({
      sampling: { tools: {} },
      elicitation: { form: {}, url: {} },
    });
    const pids = await Promise.all([0, a, b].map((instance) => pidOf(link, state, instance)));
    expect(new Set(pids).size).toBe(3);
    expect(link.backend("one")).toMatchObject({ pid: pids[0], instances: 2, isolation: "session" });
    const opened = await link.untilInstance(a, "opened");
    expect(JSON.parse(decoder.decode(opened.payload)).serverInfo.name).toBe("one");
    expect(opened).toMatchObject({ backend: state.index, call: 0 });
  });

  test("what its backend asks or says carries its number and reaches its gateway alone", async () => {
    await using world = await startWorld([fakeServer("one", [], own)]);
    await using a = await world.connect();
    await using b = await world.connect();
    const state = await a.untilPhase("one", "ready");
    const ofA = await a.open(state, { sampling: {}, roots: {} });
    const ofB = await b.open(state, {});
    // Two gateways number for themselves.
    expect(ofA).toBe(ofB);
    const asking = a.startCall(state, "ask_client", { method: "roots/list" }, { instance: ofA });
    await until(() => a.asked.length === 1, "the question");
    const question = a.asked[0];
    expect(question).toMatchObject({ instance: ofA, call: 0 });
    if (question === undefined) throw new Error("unreachable");
    // Another gateway can't answer it, nor under its own instance of the same number.
    b.answer(question, { roots: "stolen" });
    a.answer(question, { roots: [] });
    const { frame, text } = await a.outcome(asking);
    expect(frame.instance).toBe(ofA);
    expect(text).toContain('\\"roots\\":[]');
    await a.call(state, "log", { count: 1 }, { instance: ofA });
    await until(() => a.data.frames.some(({ kind }) => kind === FrameKind.notification), "the log line");
    expect(a.data.frames.find(({ kind }) => kind === FrameKind.notification)?.instance).toBe(ofA);
    expect(b.data.frames.map(({ kind }) => kind)).toEqual([FrameKind.opened]);
  });

  test("a number means its own gateway's connection, and a question only who was asked may answer", async () => {
    await using world = await startWorld([fakeServer("one", [], own)]);
    await using a = await world.connect();
    await using b = await world.connect();
    const state = await a.untilPhase("one", "ready");
    const instance = await a.open(state);
    expect(await b.open(state)).toBe(instance);
    expect(await pidOf(b, state, instance)).not.toBe(await pidOf(a, state, instance));
    const asking = a.startCall(state, "ask_client", { method: "elicitation/create" });
    await until(() => a.asked.length === 1, "the question");
    const [question] = a.asked;
    if (question === undefined) throw new Error("unreachable");
    b.answer(question, { action: "stolen" });
    await b.call(state, "echo"); // What was sent before it has been taken.
    a.answer(question, { action: "decline" });
    expect((await a.outcome(asking)).text).toContain("decline");
  });

  test("a request for what the client did not declare goes to its gateway, which says what was missing", async () => {
    await using world = await startWorld([fakeServer("one", [], own)]);
    await using link = await world.connect();
    await using other = await world.connect();
    const state = await link.untilPhase("one", "ready");
    const instance = await link.open(state, { elicitation: { form: {} } });
    const method = "sampling/createMessage";
    const asking = link.startCall(state, "ask_client", { method }, { instance });
    await until(() => link.asked.length === 1, "the question");
    const [question] = link.asked;
    if (question === undefined) throw new Error("no question");
    expect(question).toMatchObject({ instance });
    link.answer(question, { refused: "by its gateway" });
    expect((await link.outcome(asking)).text).toContain("by its gateway");
    expect(other.asked).toEqual([]);
  });

  test("on the shared connection roots without a call to belong to are nobody's", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    const { text } = await link.call(state, "ask_client", { method: "roots/list" });
    expect(text).toContain("client-request-unattributed");
    expect(text).toContain("isolation");
    expect(link.asked).toEqual([]);
    const asking = link.startCall(state, "ask_client", { method: "elicitation/create" });
    await until(() => link.asked.length === 1, "the question that a gateway may know an owner for");
    const [question] = link.asked;
    if (question !== undefined) link.answer(question, { action: "decline" });
    expect((await link.outcome(asking)).text).toContain("decline");
  });

  test("among several gateways, one whose calls alone are in flight is asked, and otherwise none", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using a = await world.connect();
    await using b = await world.connect();
    const state = await a.untilPhase("one", "ready");
    await b.untilPhase("one", "ready");
    const alone = a.startCall(state, "ask_client", { method: "elicitation/create" });
    await until(() => a.asked.length === 1, "the question");
    const [question] = a.asked;
    if (question !== undefined) a.answer(question, { action: "accept" });
    expect((await a.outcome(alone)).text).toContain("accept");
    b.startCall(state, "hang");
    const among = await a.call(state, "ask_client", { method: "elicitation/create" });
    expect(among.text).toContain("client-request-unattributed");
    expect([a.asked.length, b.asked.length]).toEqual([1, 0]);
  });
});

describe.skipIf(!isLinux)("how a session's own connection ends", () => {
  test("its death fails its calls, then tells; the shared one and the others go on", async () => {
    await using world = await startWorld([fakeServer("one", [], own)]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    const dying = await link.open(state);
    const staying = await link.open(state);
    const pid = await pidOf(link, state, staying);
    const hanging = link.startCall(state, "hang", {}, { instance: dying });
    link.startCall(state, "crash", { signal: "SIGKILL" }, { instance: dying });
    const closed = await link.untilInstance(dying, "closed");
    expect(reasonOf(closed)).toBe("backend-lost");
    expect(decoder.decode(closed.payload)).toContain("SIGKILL");
    const kinds = link.data.frames.filter(({ instance }) => instance === dying).map(({ kind }) => kind);
    expect(kinds).toEqual([FrameKind.opened, FrameKind.failure, FrameKind.failure, FrameKind.closed]);
    expect(reasonOf((await link.outcome(hanging)).frame)).toBe("backend-lost");
    expect(await pidOf(link, state, staying)).toBe(pid);
    expect(link.backend("one")).toMatchObject({ phase: "ready", epoch: 1, restarts: 0, instances: 1 });
    const late = await link.call(state, "echo", {}, { instance: dying });
    expect(reasonOf(late.frame)).toBe("instance-closed");
    await link.open(state);
  });

  test("a close ends its whole process tree and is not answered", async () => {
    await using world = await startWorld([fakeServer("one", ["--grandchildren", "1", "--setsid"], own)]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    // The program, its child, and what that one waits with.
    const tree = 3;
    await until(async () => (await world.alive()) === tree, "the shared tree");
    const instance = await link.open(state);
    await until(async () => (await world.alive()) === 2 * tree, "the second tree");
    close(link, state, instance);
    await until(() => link.backend("one")?.instances === undefined, "the close");
    await until(async () => (await world.alive()) === tree, "the tree to be gone");
    expect(link.data.frames.some(({ kind }) => kind === FrameKind.closed)).toBe(false);
  }, 20_000);

  test("a close while it is being opened, and one that comes twice", async () => {
    await using world = await startWorld([fakeServer("one", ["--initialize-delay", "200"], own)]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    const instance = link.startOpen(state);
    await until(() => link.backend("one")?.instances === 1, "the opening");
    close(link, state, instance);
    close(link, state, instance);
    close(link, state, 77);
    await until(async () => (await world.alive()) === 1, "it to be gone");
    expect(link.data.frames).toEqual([]);
    expect(link.data.closed).toBe(false);
  });

  test("a gateway that goes away takes its own with it, and no other's", async () => {
    await using world = await startWorld([fakeServer("one", [], own)]);
    await using stays = await world.connect();
    const leaves = await world.connect();
    const state = await stays.untilPhase("one", "ready");
    const kept = await stays.open(state);
    await leaves.open(state);
    await leaves.open(state);
    expect(stays.backend("one")?.instances).toBe(3);
    await leaves[Symbol.asyncDispose]();
    await until(() => stays.backend("one")?.instances === 1, "its connections to be closed");
    await until(async () => (await world.alive()) === 2, "its processes to be gone");
    expect((await stays.call(state, "echo", {}, { instance: kept })).kind).toBe("reply");
  });

  test("stop, restart and a changed entry end all of them, and nothing is left", async () => {
    await using world = await startWorld([fakeServer("one", [], own)]);
    await using link = await world.connect();
    let state = await link.untilPhase("one", "ready");
    const first = await link.open(state);
    const hanging = link.startCall(state, "hang", {}, { instance: first });
    await link.operate("restart", "one");
    expect(reasonOf(await link.untilInstance(first, "closed"))).toBe("instance-closed");
    expect(reasonOf((await link.outcome(hanging)).frame)).toBe("backend-lost");
    await until(() => link.backend("one")?.epoch === 2, "the next incarnation");
    state = await link.untilPhase("one", "ready");
    const second = await link.open(state);
    world.next = accepted([fakeServer("one", ["--tools", "2"], own)]);
    expect(await link.operate("reload")).toBeNull();
    expect(reasonOf(await link.untilInstance(second, "closed"))).toBe("instance-closed");
    await until(() => (link.backend("one")?.index ?? 0) > state.index, "the new entry");
    state = await link.untilPhase("one", "ready");
    const third = await link.open(state);
    expect(await link.operate("stop", "one")).toBeNull();
    // `stop` is done when nothing is left.
    expect(await world.alive()).toBe(0);
    expect(reasonOf(await link.untilInstance(third, "closed"))).toBe("instance-closed");
    const refused = link.startOpen(state);
    expect(reasonOf(await link.untilInstance(refused, "closed"))).toBe("backend-not-ready");
  }, 20_000);

  test("stop is done when the slowest of them is gone", async () => {
    await using world = await startWorld([]);
    const fake = fakeServer("one", [], own);
    // The first start is the shared one; those after it find its mark and are stubborn.
    const script = `[ -e "$0" ] && exec "$@" --ignore-eof --ignore-sigterm; touch "$0"; exec "$@"`;
    const args = ["-c", script, join(world.folder, "started"), fake.command ?? "", ...fake.args];
    world.next = accepted([{ ...fake, command: "sh", args }]);
    await using link = await world.connect();
    await link.operate("reload");
    await link.open(await link.untilPhase("one", "ready"));
    expect(await link.operate("stop", "one")).toBeNull();
    expect(await world.alive()).toBe(0);
  }, 20_000);

  test("a crash of the shared process leaves the sessions' own alone", async () => {
    await using world = await startWorld([fakeServer("one", [], own)]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    const instance = await link.open(state);
    const pid = await pidOf(link, state, instance);
    link.startCall(state, "crash");
    await until(() => link.backend("one")?.epoch === 2, "the next incarnation");
    const next = await link.untilPhase("one", "ready");
    expect(await pidOf(link, next, instance)).toBe(pid);
  });

  test("one that is not used is reaped with a reason, one that works is not", async () => {
    const clock = new ManualClock();
    await using world = await startWorld([fakeServer("one", [], own)], { clock });
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    const idle = await link.open(state);
    const used = await link.open(state);
    const busy = await link.open(state);
    link.startCall(state, "hang", {}, { instance: busy });
    await link.call(state, "echo", {}, { instance: busy }); // The call before it has arrived.
    clock.advance(limits.instanceIdleMs / 2);
    await link.call(state, "echo", {}, { instance: used });
    clock.advance(limits.instanceIdleMs / 2);
    const closed = await link.untilInstance(idle, "closed");
    expect(reasonOf(closed)).toBe("instance-closed");
    expect(decoder.decode(closed.payload)).toContain("not used for 10 min");
    expect(link.backend("one")?.instances).toBe(2);
    clock.advance(limits.instanceIdleMs);
    await link.untilInstance(used, "closed");
    expect(link.backend("one")?.instances).toBe(1);
    expect((await link.call(state, "echo", {}, { instance: busy })).kind).toBe("reply");
  });

  test("the end of the supervisor leaves no process of theirs", async () => {
    const world = await startWorld([fakeServer("one", ["--grandchildren", "1"], own)]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    await link.open(state);
    await link.open(state);
    await world[Symbol.asyncDispose]();
    expect(await world.alive()).toBe(0);
  }, 20_000);
});

describe.skipIf(!isLinux)("what can't be opened", () => {
  test("a program that fails for this session says why, and the backend stays", async () => {
    await using world = await startWorld([]);
    const mark = join(world.folder, "started");
    // The first start is the shared one; the second finds its mark.
    const script = `[ -e "$0" ] && { echo "licence in use" >&2; exit 3; }; touch "$0"; exec "$@"`;
    const fake = fakeServer("one", [], own);
    const once = {
      ...fake,
      command: "sh",
      args: ["-c", script, mark, fake.command ?? "", ...fake.args],
    };
    world.next = accepted([once]);
    await using link = await world.connect();
    expect(await link.operate("reload")).toBeNull();
    const state = await link.untilPhase("one", "ready");
    expect(existsSync(mark)).toBe(true);
    const instance = link.startOpen(state);
    const closed = await link.untilInstance(instance, "closed");
    expect(reasonOf(closed)).toBe("backend-not-ready");
    expect(decoder.decode(closed.payload)).toContain("exited with code 3");
    expect(link.backend("one")).toMatchObject({ phase: "ready", fault: null });
  });

  test("an unknown server, a broken message, and what gateways may not send", async () => {
    await using world = await startWorld([fakeServer("one", [], own)]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    const unknown = link.startOpen({ ...state, index: 999 });
    expect(reasonOf(await link.untilInstance(unknown, "closed"))).toBe("backend-unknown");
    link.send({ kind: FrameKind.open, backend: state.index, instance: 50, payload: Buffer.from("{") });
    expect(reasonOf(await link.untilInstance(50, "closed"))).toBe("invalid-request");
    const open = await link.open(state);
    const again = Buffer.from('{"capabilities":{}}');
    link.send({ kind: FrameKind.open, backend: state.index, instance: open, payload: again });
    await until(() => link.data.closed, "the end of a gateway that uses a number twice");
  });

  test("each opening starts one program, and nothing of its entry crosses the link", async () => {
    const count = (path: string) => readFileSync(path, "utf8").trim().split("\n").length;
    await using world = await startWorld([]);
    const file = join(world.folder, "starts");
    world.next = accepted([fakeServer("one", ["--count-file", file], own)]);
    await using link = await world.connect();
    await link.operate("reload");
    const state = await link.untilPhase("one", "ready");
    await Promise.all([1, 2, 3].map(() => link.open(state)));
    expect(count(file)).toBe(4);
    expect(JSON.stringify(link.control.messages)).not.toContain(file);
    expect(link.data.frames.map(({ payload }) => decoder.decode(payload)).join()).not.toContain(file);
  });
});
