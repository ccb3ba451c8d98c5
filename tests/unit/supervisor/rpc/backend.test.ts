import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { FrameFlag, FrameKind } from "@mcp-gateway/contract";
import { repositoryDirectory } from "../../../support/repository.ts";
import { serverConfig, until } from "../process/programs.ts";
import { accepted, fakeServer, startWorld } from "./world.ts";

const encoder = new TextEncoder();

describe.skipIf(process.platform !== "linux")("a backend under the supervisor", () => {
  test("comes up, answers a call with the bytes it wrote, and leaves nothing behind", async () => {
    const world = await startWorld([fakeServer("one")]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    expect(state).toMatchObject({ epoch: 1, restarts: 0, fault: null, note: "", local: true });
    expect(JSON.parse(state.initializeResult ?? "").serverInfo.name).toBe("one");
    const { kind, frame, text } = await link.call(state, "echo", { nonce: "n1" });
    expect(kind).toBe("reply");
    expect(text).toContain("n1");
    expect(Number(text.slice(frame.idStart, frame.idStart + frame.idLength))).toBe(JSON.parse(text).id);
    // Where the content of its result ends, and that it is plain.
    expect(frame.flags).toBe(FrameFlag.plain);
    expect(text.slice(0, frame.reference + 1)).toEndWith(JSON.stringify(JSON.parse(text).result));
    await world[Symbol.asyncDispose]();
    expect(await world.alive()).toBe(0);
  });

  test("a crash fails the calls in flight at once, says the signal, and it comes back with the next epoch", async () => {
    await using world = await startWorld([fakeServer("one"), fakeServer("two")]);
    await using link = await world.connect();
    const one = await link.untilPhase("one", "ready");
    const two = await link.untilPhase("two", "ready");
    const hanging = link.startCall(one, "hang");
    const crashing = link.startCall(one, "crash", { signal: "SIGKILL" });
    const beganMs = performance.now();
    expect(JSON.parse((await link.outcome(hanging)).text)).toMatchObject({
      data: { reason: "backend-lost" },
    });
    expect((await link.outcome(crashing)).kind).toBe("failure");
    expect(performance.now() - beganMs).toBeLessThan(1_000);
    const down = await link.untilPhase("one", "backing-off");
    expect(down.fault).toMatchObject({ stage: "running", message: "The program was ended by SIGKILL." });
    expect(down.nextTryAt).toBeGreaterThan(0);
    await until(
      () => link.backend("one")?.phase === "ready" && link.backend("one")?.epoch === 2,
      "the next incarnation",
    );
    expect(link.backend("two")).toEqual(two);
    const stale = await link.call(one, "echo", {});
    expect(JSON.parse(stale.text)).toMatchObject({ data: { reason: "backend-renewing" } });
  });

  test("a program that ends while it starts is a fault at once, with its exit code and its last words", async () => {
    const dying = serverConfig({
      name: "dying",
      args: ["-c", "echo 'no such option --frob' >&2; exit 9"],
      startupTimeoutMs: 60_000,
    });
    await using world = await startWorld([dying]);
    await using link = await world.connect();
    const down = await link.untilPhase("dying", "backing-off", 3_000);
    expect(down.fault).toMatchObject({
      stage: "startup",
      message: "The program exited with code 9 before it was ready.",
      stderrTail: ["no such option --frob"],
    });
  });

  test("five quick deaths make it failed, and a restart by hand tries again", async () => {
    await using world = await startWorld([serverConfig({ name: "dying", args: ["-c", "exit 1"] })]);
    await using link = await world.connect();
    const failed = await link.untilPhase("dying", "failed", 15_000);
    expect(failed.epoch).toBe(5);
    expect((failed.nextTryAt ?? 0) - Date.now()).toBeGreaterThan(200_000);
    expect(await link.operate("restart", "dying")).toBeNull();
    await until(() => (link.backend("dying")?.epoch ?? 0) >= 6, "the next try");
  }, 20_000);

  test("a missing command and a missing folder are said precisely, and hold up nobody", async () => {
    await using world = await startWorld([
      serverConfig({ name: "absent", command: "no-such-program-here" }),
      serverConfig({ name: "lost", cwd: "/no/such/folder" }),
      fakeServer("fine"),
    ]);
    await using link = await world.connect();
    await link.untilPhase("fine", "ready");
    const absent = link.backend("absent");
    expect(absent?.fault).toMatchObject({
      stage: "spawn",
      message: "command not found: no-such-program-here",
    });
    expect(absent?.fault?.remedy).toContain("PATH=");
    expect(link.backend("lost")?.fault?.message).toBe("working directory not found: /no/such/folder");
  });

  test("one that never answers `initialize` times out; one that answers with an error says so", async () => {
    await using world = await startWorld([
      fakeServer("silent", ["--silent-initialize"], { startupTimeoutMs: 400 }),
      fakeServer("refusing", ["--initialize-error"]),
    ]);
    await using link = await world.connect();
    await until(
      () => link.backend("silent")?.fault !== null && link.backend("refusing")?.fault !== null,
      "both faults",
    );
    expect(link.backend("silent")?.fault?.stage).toBe("handshake");
    expect(link.backend("refusing")?.fault?.message).toContain("refused `initialize`");
  });

  test("closing stdout while living on ends it, with all it started", async () => {
    const script = `read line; id=$(echo "$line" | sed 's/.*"id":\\([0-9]*\\).*/\\1/')
      echo '{"jsonrpc":"2.0","id":'$id',"result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"half","version":"1"}}}'
      read line; setsid sleep 300 >/dev/null & sleep 0.3; exec >&-; trap '' TERM; while :; do sleep 1; done`;
    const half = serverConfig({ name: "half", args: ["-c", script], restart: "never" });
    await using world = await startWorld([half]);
    await using link = await world.connect();
    const ready = await link.untilPhase("half", "ready");
    await link.untilPhase("half", "failed");
    await until(() => world.alive().then((count) => count === 0), "the tree to be gone");
    expect(link.backend("half")).toMatchObject({ epoch: ready.epoch, nextTryAt: null });
  }, 20_000);

  test("a grandchild that holds the pipes open does not hide the exit", async () => {
    const world = await startWorld([fakeServer("leaky", ["--grandchildren", "1", "--setsid"])]);
    await using link = await world.connect();
    const state = await link.untilPhase("leaky", "ready");
    const call = link.startCall(state, "hang");
    process.kill(state.pid ?? 0, "SIGKILL");
    expect((await link.outcome(call)).kind).toBe("failure");
    await until(() => link.backend("leaky")?.epoch === 2, "the next incarnation");
    await world[Symbol.asyncDispose]();
    expect(await world.alive()).toBe(0);
  }, 20_000);

  test("stop, start and restart by request; what is disabled or for another platform is refused", async () => {
    await using world = await startWorld([
      fakeServer("one"),
      fakeServer("off", [], { enabled: false }),
      fakeServer("other", [], { platforms: ["win32"] }),
    ]);
    await using link = await world.connect();
    const first = await link.untilPhase("one", "ready");
    expect(await link.operate("stop", "one")).toBeNull();
    expect(link.backend("one")).toMatchObject({ phase: "stopped", pid: null, note: "stopped by request" });
    expect(await world.alive()).toBe(0);
    expect(JSON.parse((await link.call(first, "echo")).text)).toMatchObject({
      data: { reason: "backend-not-ready" },
    });
    await link.operate("start", "one");
    await link.untilPhase("one", "ready");
    await link.operate("restart", "one");
    await until(
      () => link.backend("one")?.phase === "ready" && link.backend("one")?.epoch === 3,
      "the third incarnation",
    );
    expect(await link.operate("start", "off")).toBe("operation-invalid");
    expect(await link.operate("restart", "other")).toBe("operation-invalid");
    expect(await link.operate("stop", "nobody")).toBe("backend-unknown");
    expect(link.backend("other")).toMatchObject({ phase: "skipped", note: "needs Windows" });
    expect(link.backend("off")).toMatchObject({ phase: "disabled" });
  }, 20_000);

  test("many slow starts do not hold each other up for more than a slot's time", async () => {
    const slow = Array.from({ length: 12 }, (_, index) =>
      serverConfig({ name: `slow${index}`, args: ["-c", "exec sleep 60"], startupTimeoutMs: 30_000 }),
    );
    await using world = await startWorld([...slow, fakeServer("last")]);
    await using link = await world.connect();
    await link.untilPhase("last", "ready", 8_000);
  }, 20_000);

  test("a program behind an address is probed until it answers, and its death ends the wait", async () => {
    using held = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
    const port = held.port;
    held.stop(true);
    const program = join(repositoryDirectory, "tests/support/fake-http-backend.ts");
    const http = serverConfig({
      name: "http",
      transport: "http",
      url: `http://127.0.0.1:${port}/mcp`,
      command: process.execPath,
      args: [program, "--port", String(port), "--listen-after", "500"],
    });
    const dying = serverConfig({
      name: "dying",
      transport: "sse",
      url: "http://127.0.0.1:9/sse",
      args: ["-c", "exit 4"],
      restart: "never",
    });
    await using world = await startWorld([http, dying]);
    await using link = await world.connect();
    expect((await link.untilPhase("dying", "failed", 3_000)).fault?.message).toContain("exited with code 4");
    await link.untilPhase("http", "ready");
  }, 20_000);

  test("an address at which nothing comes up times out with a fault that names it", async () => {
    const mute = serverConfig({
      name: "mute",
      transport: "sse",
      url: "http://127.0.0.1:9/sse?token=hidden",
      args: ["-c", "exec sleep 60"],
      startupTimeoutMs: 300,
    });
    await using world = await startWorld([mute]);
    await using link = await world.connect();
    const down = await link.untilPhase("mute", "backing-off");
    expect(down.fault).toMatchObject({
      stage: "startup",
      message: "Nothing answered at 127.0.0.1:9 within 0.3 s of its start.",
    });
    expect(JSON.stringify(down)).not.toContain("hidden");
  });

  test("a reload touches only what changed", async () => {
    await using world = await startWorld([fakeServer("keep"), fakeServer("change"), fakeServer("drop")]);
    await using link = await world.connect();
    const keep = await link.untilPhase("keep", "ready");
    const change = await link.untilPhase("change", "ready");
    await link.untilPhase("drop", "ready");
    world.next = accepted([
      fakeServer("fresh", [], { order: 0 }),
      fakeServer("keep", [], { order: 1 }),
      fakeServer("change", ["--tools", "3"], { order: 2 }),
    ]);
    expect(await link.operate("reload")).toBeNull();
    await link.untilPhase("fresh", "ready");
    await until(
      () => link.backend("change")?.phase === "ready" && link.backend("change")?.index !== change.index,
      "the changed one",
    );
    expect(link.backend("keep")).toEqual({ ...keep, order: 1 });
    expect(link.backend("drop")).toBeUndefined();
    await until(async () => (await world.alive()) === 3, "the dropped one to be gone");
    expect(link.control.messages.findLast(({ type }) => type === "config")).toMatchObject({
      config: { revision: 2, faults: [] },
    });
  }, 20_000);

  test("a broken file changes nothing and its faults are shown", async () => {
    await using world = await startWorld([fakeServer("keep")]);
    await using link = await world.connect();
    const keep = await link.untilPhase("keep", "ready");
    world.next = {
      ok: false,
      faults: [{ file: "/c.json", line: 3, column: 4, path: "x", message: "is wrong" }],
    };
    expect(await link.operate("reload")).toBe("config-invalid");
    expect(link.control.messages.findLast(({ type }) => type === "config")).toMatchObject({
      config: { revision: 1, faults: [expect.stringContaining("is wrong")] },
    });
    expect(link.backend("keep")).toEqual(keep);
    world.next = accepted([fakeServer("keep")]);
    await world.supervisor.reload();
    const faults = () => {
      const last = link.control.messages.findLast(({ type }) => type === "config");
      return last?.type === "config" ? last.config.faults : undefined;
    };
    await until(() => faults()?.length === 0, "the faults to be taken back");
  });

  test("stopping many stubborn ones takes the time of one", async () => {
    const stubborn = Array.from({ length: 6 }, (_, index) =>
      fakeServer(`s${index}`, ["--ignore-sigterm", "--ignore-eof"]),
    );
    const world = await startWorld(stubborn);
    await using link = await world.connect();
    for (const { name } of stubborn) await link.untilPhase(name, "ready");
    const beganMs = performance.now();
    await world.supervisor.stop();
    expect(performance.now() - beganMs).toBeLessThan(8_000);
    expect(await world.alive()).toBe(0);
    await world[Symbol.asyncDispose]();
  }, 30_000);

  test("a cancel reaches the backend as notifications/cancelled", async () => {
    await using world = await startWorld([fakeServer("one")]);
    await using link = await world.connect();
    const state = await link.untilPhase("one", "ready");
    const call = link.startCall(state, "hang");
    link.send({
      kind: FrameKind.cancel,
      backend: state.index,
      epoch: state.epoch,
      call,
      payload: encoder.encode("enough"),
    });
    const { text } = await link.call(state, "received", { method: "notifications/cancelled" });
    expect(text).toContain("enough");
  });
});
