/** Calls that wait for their clients: sealed states, bounds, expiry, and what happens while nobody is there. */
import { describe, expect, test } from "bun:test";
import { limits, ManualClock } from "@mcp-gateway/kit";
import type { ClientResponse, DispatchContext } from "../../../../apps/gateway/src/dispatch/context.ts";
import { Session } from "../../../../apps/gateway/src/sessions/session.ts";
import { Answer } from "../../../../apps/gateway/src/stateless/answer.ts";
import { internalId, StatelessCall } from "../../../../apps/gateway/src/stateless/call.ts";
import { type Parkable, ParkedCalls } from "../../../../apps/gateway/src/stateless/parked.ts";
import {
  bindingOf,
  principalOf,
  RequestStateCodec,
} from "../../../../apps/gateway/src/stateless/request-state.ts";
import { waitFor } from "../../../support/wait-for.ts";

const head = { capabilities: { elicitation: {} }, client: "", logLevel: undefined };

function world(isInTheWay = false) {
  const clock = new ManualClock();
  const told: ClientResponse[] = [];
  const cancelled: string[] = [];
  const released: string[] = [];
  const allowed: number[] = [];
  const reverse = { onResponse: (_: unknown, response: ClientResponse) => told.push(response) };
  const parked = new ParkedCalls<StatelessCall>();
  const states = new RequestStateCodec("");
  const session = new Session({ id: "s", front: "stateless", server: undefined, nowMs: 0 });
  session.inFlight.set(internalId, {
    cancel: (reason) => cancelled.push(reason),
    allow: (extraMs) => allowed.push(extraMs),
  });
  const parts = {
    context: { clock, reverse, calls: { isInTheWay: () => isInTheWay } } as unknown as DispatchContext, // The call uses nothing else of it.
    parked,
    states,
    release: (over: Session) => released.push(over.id),
  };
  const request = { kind: "request", id: internalId, method: "tools/call", params: { name: "x" } } as const;
  const call = new StatelessCall({
    parts,
    session,
    request,
    bindingOf: () => "b",
    serverInfo: "{}",
    offered: {},
  });
  const round = (id: string | number, progressToken?: string) => {
    const leaving = new AbortController();
    const answer = new Answer({
      request: new Request("http://127.0.0.1/mcp", { signal: leaving.signal }),
      id,
      acceptsJson: true,
      acceptsStream: true,
      nowMs: clock.nowMs(),
      allowQuiet: () => undefined,
    });
    const text = answer.response.then((response) => response.text());
    const body = text.then((said) => (said.startsWith("event:") ? null : JSON.parse(said || "null")));
    return { round: { answer, id, progressToken }, text, body, leave: () => leaving.abort() };
  };
  const ask = (number: number): boolean =>
    call.ask(
      Buffer.from(
        JSON.stringify({
          jsonrpc: "2.0",
          id: number,
          method: "elicitation/create",
          params: { message: "?" },
        }),
      ),
    );
  const park = async () => {
    const first = round(1);
    call.attach(first.round);
    ask(10);
    clock.advance(limits.inputGatherMs);
    return (await first.body).result;
  };
  const reply = (result: object): void =>
    call.reply(Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: internalId, result })));
  return {
    clock,
    told,
    cancelled,
    released,
    allowed,
    parked,
    states,
    session,
    call,
    round,
    ask,
    park,
    reply,
  };
}

describe("a parked call", () => {
  test("collects the questions of one moment", async () => {
    const { clock, call, round, ask } = world();
    const first = round(1);
    call.attach(first.round);
    ask(10);
    clock.advance(limits.inputGatherMs - 1);
    ask(11);
    clock.advance(1);
    expect(Object.keys((await first.body).result.inputRequests)).toEqual(["elicitation-1", "elicitation-2"]);
  });

  test("has its backend's time and the client's besides, and its own again when the client is back", async () => {
    const { allowed, call, round, park } = world();
    await park();
    expect(allowed).toEqual([limits.parkedCallMsMax]);
    call.resume(round(2).round, {}, head);
    expect(allowed).toEqual([limits.parkedCallMsMax, 0]);
  });

  test("that nobody comes back for is cancelled and forgotten", async () => {
    const { clock, cancelled, parked, states, park } = world();
    const { requestState } = await park();
    const name = states.open(requestState)?.call ?? "";
    clock.advance(limits.parkedCallMsMax - 1);
    parked.sweep(clock.nowMs());
    expect(parked.find(name, clock.nowMs())).toBeDefined();
    clock.advance(1);
    expect(parked.find(name, clock.nowMs())).toBeUndefined();
    parked.sweep(clock.nowMs());
    expect([cancelled.length, parked.size]).toEqual([1, 0]);
  });

  test("that ends while its client is away keeps the result for it", async () => {
    const { call, round, park, reply, released, told } = world();
    await park();
    reply({ content: [], late: true });
    expect(released).toEqual(["s"]);
    const second = round("two");
    call.resume(second.round, { "elicitation-1": { action: "decline" } }, head);
    expect(await second.body).toMatchObject({ id: "two", result: { resultType: "complete", late: true } });
    expect(told).toEqual([]);
  });

  test("reports progress under the token of the round that is here, or not at all", async () => {
    const { call, round, park, reply } = world();
    const progress = { method: "notifications/progress", params: { progressToken: "first", progress: 1 } };
    const message = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...progress }));
    await park();
    call.notify(message);
    const second = round(2, "second");
    call.resume(second.round, {}, head);
    call.notify(message);
    reply({ content: [] });
    const said = await second.text;
    expect(said).toContain('"progressToken":"second"');
    expect(said).not.toContain("first");
    const quiet = world();
    const first = quiet.round(1);
    quiet.call.attach(first.round);
    quiet.call.notify(message);
    quiet.reply({ content: [] });
    expect((await first.body).result.resultType).toBe("complete");
  });

  test("whose backend takes its question back asks nothing more", async () => {
    const { call, round, park, reply, told, clock } = world();
    await park();
    const withdrawn = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 10 } };
    expect(call.ask(Buffer.from(JSON.stringify(withdrawn)))).toBe(true);
    const second = round(2);
    call.resume(second.round, { "elicitation-1": { action: "decline" } }, head);
    clock.advance(limits.inputGatherMs);
    reply({ content: [] });
    expect((await second.body).result.resultType).toBe("complete");
    expect(told).toEqual([]);
  });

  test("is cancelled when its client leaves, at once or later, and not when it leaves with its answer", async () => {
    const gone = world();
    const leaving = gone.round(1);
    gone.call.attach(leaving.round);
    leaving.leave();
    await waitFor(() => gone.cancelled.length === 1, { what: "the cancellation" });
    const late = world();
    const staying = late.round(1);
    late.call.attach(staying.round);
    await Bun.sleep(2 * limits.connectionWatchAfterMs);
    expect(late.cancelled).toEqual([]);
    staying.leave();
    await waitFor(() => late.cancelled.length === 1, { what: "the later cancellation" });
    const done = world();
    const first = done.round(1);
    done.call.attach(first.round);
    done.ask(10);
    done.clock.advance(limits.inputGatherMs);
    await first.body;
    first.leave();
    await Bun.sleep(2 * limits.connectionWatchAfterMs);
    expect([gone, late, done].map(({ cancelled }) => cancelled.length)).toEqual([1, 1, 0]);
  });

  test("asks no more than so much, and nothing for a method that may not ask", () => {
    const { call, round, ask } = world();
    call.attach(round(1).round);
    const asked = Array.from({ length: limits.inputRequestsMax + 1 }, (_, index) => ask(index + 10));
    expect(asked.filter((ok) => ok)).toHaveLength(limits.inputRequestsMax);
  });

  test("gives way to a newer one when there are too many", () => {
    const parked = new ParkedCalls<Parkable>();
    const expired: number[] = [];
    const names: string[] = [];
    for (let index = 0; index <= limits.parkedCallsMax; index += 1)
      names.push(parked.park({ sessionId: "s", expire: () => expired.push(index) }, undefined, index, 1_000));
    expect([expired, parked.size]).toEqual([[0], limits.parkedCallsMax]);
    expect(new Set(names).size).toBe(names.length);
    parked.endAll("over");
    expect(expired).toHaveLength(limits.parkedCallsMax + 1);
  });

  test("that keeps questions of others from being told apart waits less long", async () => {
    const { allowed, clock, cancelled, parked, park } = world(true);
    await park();
    expect(allowed).toEqual([limits.parkedPipeMsMax]);
    clock.advance(limits.parkedPipeMsMax);
    parked.sweep(clock.nowMs());
    expect(cancelled).toEqual(["the client did not come back with an answer"]);
  });

  test("gives way to another's question when its client has had some time, and only where it is in the way", () => {
    const parked = new ParkedCalls<Parkable>();
    const expired: string[] = [];
    const call = (sessionId: string): Parkable => ({ sessionId, expire: () => expired.push(sessionId) });
    parked.park(call("old"), undefined, 0, limits.parkedCallMsMax);
    parked.park(call("elsewhere"), undefined, 0, limits.parkedCallMsMax);
    const name = parked.park(call("new"), undefined, 10, limits.parkedCallMsMax);
    const inTheWay = new Set(["old", "new", "asking"]);
    parked.giveWay(inTheWay, limits.parkedYieldMs - 1);
    expect(expired).toEqual([]);
    parked.giveWay(inTheWay, limits.parkedYieldMs);
    expect([expired, parked.size]).toEqual([["old"], 2]);
    expect(parked.find(name, limits.parkedYieldMs)?.sessionId).toBe("new");
  });
});

describe("a request's state", () => {
  const state = { call: "c", round: 1, expiresMs: 5, binding: "b" };

  test("is opened by who sealed it, and shows nothing", () => {
    const codec = new RequestStateCodec("");
    const text = codec.seal(state);
    expect(codec.open(text)).toEqual(state);
    expect(Buffer.from(text, "base64url").toString("latin1")).not.toContain("binding");
    expect(codec.seal(state)).not.toBe(text);
    expect(new RequestStateCodec("").open(text)).toBeUndefined();
  });

  test("with any character changed is none", () => {
    const codec = new RequestStateCodec("");
    const text = codec.seal(state);
    for (let at = 0; at < text.length; at += 1) {
      const other = text[at] === "A" ? "B" : "A";
      expect(codec.open(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
    }
    for (const bad of ["", "AAAA", `${text}A`, `${text}=`, text.slice(1)])
      expect(codec.open(bad)).toBeUndefined();
  });

  test("is bound to credential, face, method and what was asked, whatever the order of keys", () => {
    const params = { name: "x", arguments: { a: 1, b: [{ c: 1, d: 2 }] } };
    const binding = bindingOf(principalOf("Bearer t"), undefined, "tools/call", params);
    const same = { arguments: { b: [{ d: 2, c: 1 }], a: 1 }, name: "x", _meta: {}, requestState: "s" };
    expect(bindingOf(principalOf("Bearer t"), undefined, "tools/call", same)).toBe(binding);
    const others = [
      bindingOf(principalOf("Bearer u"), undefined, "tools/call", params),
      bindingOf(principalOf(null), undefined, "tools/call", params),
      bindingOf(principalOf("Bearer t"), "", "tools/call", params),
      bindingOf(principalOf("Bearer t"), undefined, "prompts/get", params),
      bindingOf(principalOf("Bearer t"), undefined, "tools/call", { ...params, name: "y" }),
      bindingOf(principalOf("Bearer t"), undefined, "tools/call", {
        name: "x",
        arguments: { a: 1, b: [["c", 1]] },
      }),
    ];
    expect(new Set([binding, ...others]).size).toBe(others.length + 1);
  });
});
