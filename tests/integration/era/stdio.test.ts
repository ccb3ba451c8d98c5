/** Stateless servers on stdio: found out without harm to others, and spoken to on one shared pipe. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FrameKind } from "@mcp-gateway/contract";
import { repositoryDirectory } from "../../support/repository.ts";
import { serverConfig, until } from "../../unit/supervisor/process/programs.ts";
import { startWorld } from "../../unit/supervisor/rpc/world.ts";

const program = join(repositoryDirectory, "tests/integration/era/stateless-server.ts");
const decoder = new TextDecoder();
const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};

function program2026(name: string, ...flags: readonly string[]) {
  return serverConfig({ name, command: process.execPath, args: [program, ...flags] });
}

test("a stateless program is recognised by what it refuses; one that speaks both keeps its sessions", async () => {
  const servers = [
    program2026("new"),
    program2026("both", "--legacy", "serve"),
    // A program of sessions that can't bear another first request.
    program2026("old", "--legacy", "serve", "--discover", "exit"),
    program2026("neither", "--discover", "refuse"),
    { ...program2026("forced", "--legacy", "exit"), protocol: "stateless" as const },
  ];
  await using world = await startWorld(servers);
  await using link = await world.connect();
  const eras: Record<string, unknown> = {};
  for (const name of ["new", "both", "old", "forced"]) {
    const { era, epoch } = await link.untilPhase(name, "ready");
    eras[name] = `${era} ${epoch}`;
  }
  expect(eras).toEqual({ new: "stateless 1", both: "session 1", old: "session 1", forced: "stateless 1" });
  const neither = await link.untilPhase("neither", "backing-off");
  expect(neither.fault?.message).toContain("refused `initialize` with error -32602");
});

test("a remembered verdict is used at once; where it fails the next start asks anew", async () => {
  const server = program2026("new");
  await using world = await startWorld([server]);
  await using link = await world.connect();
  await link.untilPhase("new", "ready");
  const file = join(world.folder, "state", "eras.json");
  expect(readFileSync(file, "utf8")).toContain("stateless");
  // Another program behind the same entry: what is remembered is wrong, and the question kills it.
  const changed = program2026("changed", "--legacy", "serve", "--discover", "exit");
  await using other = await startWorld([]);
  const services = { ...changed };
  other.next = { ok: true, config: { path: "", gateway: {} as never, servers: [services] }, warnings: [] };
  await using second = await other.connect();
  other.eras.remember(changed, "stateless");
  expect(await second.operate("reload")).toBeNull();
  const state = await second.untilPhase("changed", "ready");
  expect([state.era, state.epoch]).toEqual(["session", 2]);
});

test("calls, subscriptions and their ends on one pipe", async () => {
  await using world = await startWorld([program2026("new")]);
  await using link = await world.connect();
  const state = await link.untilPhase("new", "ready");
  const start = (method: string, params: object) =>
    link.startRequest(state, method, () => ({ ...params, _meta: meta }), {
      headers: { "mcp-method": method },
    });
  expect((await link.outcome(start("tools/call", { name: "echo" }))).text).toContain("echo");
  const listen = start("subscriptions/listen", { notifications: {} });
  await until(() => link.data.frames.some(({ call }) => call === listen), "the acknowledgement");
  const [acknowledged] = link.data.frames.filter(({ call }) => call === listen);
  expect(acknowledged?.kind).toBe(FrameKind.notification);
  const { params } = JSON.parse(decoder.decode(acknowledged?.payload));
  const requestId = params._meta["io.modelcontextprotocol/subscriptionId"];
  start("tools/call", { name: "end_subscription", arguments: { requestId } });
  expect((await link.outcome(listen)).text).toContain("ended the subscription");
  const hanging = start("tools/call", { name: "hang" });
  link.send({
    kind: FrameKind.cancel,
    backend: state.index,
    epoch: state.epoch,
    call: hanging,
    payload: Buffer.from("enough"),
  });
  await link.outcome(start("tools/call", { name: "echo" })); // What was written before it has been read.
  // The program repeats on stderr what needs no answer.
  process.kill(state.pid ?? 0, "SIGKILL");
  const down = await link.untilPhase("new", "backing-off");
  expect(down.fault?.stderrTail.join("\n")).toContain("notifications/cancelled");
});

test.skipIf(process.platform !== "linux")("a session's own process speaks the same era", async () => {
  await using world = await startWorld([{ ...program2026("new"), isolation: "session" as const }]);
  await using link = await world.connect();
  const state = await link.untilPhase("new", "ready");
  const instance = await link.open(state, { elicitation: {} });
  expect(decoder.decode((await link.untilInstance(instance, "opened")).payload)).toContain("2026-07-28");
  const call = link.startRequest(state, "tools/call", () => ({ name: "echo", _meta: meta }), { instance });
  expect((await link.outcome(call)).kind).toBe("reply");
  expect(await world.alive()).toBe(2);
});
