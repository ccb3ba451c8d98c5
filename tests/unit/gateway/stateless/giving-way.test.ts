/** A parked call on a shared pipe ends when it keeps another client's question from being asked. */
import { expect, test } from "bun:test";
import { limits, ManualClock } from "@mcp-gateway/kit";
import type {
  ClientRequest,
  DispatchContext,
  Exchange,
} from "../../../../apps/gateway/src/dispatch/context.ts";
import type { Dispatcher } from "../../../../apps/gateway/src/dispatch/dispatcher.ts";
import type { Session } from "../../../../apps/gateway/src/sessions/session.ts";
import { internalId } from "../../../../apps/gateway/src/stateless/call.ts";
import { Stateless } from "../../../../apps/gateway/src/stateless/stateless.ts";

function world() {
  const clock = new ManualClock();
  const cancelled: string[] = [];
  const inFlight = new Set<string>();
  const nothing = (): void => undefined;
  const reverse = { onDoubt: (_: number): void => undefined, onResponse: nothing };
  const context = {
    clock,
    reverse,
    calls: { isInTheWay: () => true, sessionsAt: (index: number) => (index === 3 ? inFlight : new Set()) },
    sessions: { adopt: nothing, release: nothing },
    logLevels: { apply: nothing },
    keeper: { catalogue: { tool: () => undefined } },
    log: { error: nothing },
  } as unknown as DispatchContext; // What a call on the merged face uses of it.
  const request = (session: Session, _: ClientRequest, exchange: Exchange): void => {
    inFlight.add(session.id);
    session.inFlight.set(internalId, { cancel: (reason) => cancelled.push(reason), allow: nothing });
    const question = { jsonrpc: "2.0", id: 7, method: "elicitation/create", params: { message: "?" } };
    exchange.ask(Buffer.from(JSON.stringify(question)));
  };
  const stateless = new Stateless(context, { request } as unknown as Dispatcher, ""); // As above.
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
  };
  const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "x" };
  const post = async (more: object): Promise<Record<string, unknown>> => {
    const params = { name: "x", _meta: meta, ...more };
    const answer = stateless.post({
      request: new Request("http://127.0.0.1/mcp", { method: "POST", headers }),
      server: undefined,
      message: { kind: "request", id: 1, method: "tools/call", params },
      acceptsJson: true,
      acceptsStream: false,
      allowQuiet: nothing,
    });
    clock.advance(limits.inputGatherMs);
    return await (await answer).json();
  };
  return { clock, cancelled, reverse, post };
}

test("after some time, and its client is told to ask anew when it comes", async () => {
  const { clock, cancelled, reverse, post } = world();
  const first = (await post({}))["result"] as Record<string, unknown>; // Read member by member.
  expect(first["resultType"]).toBe("input_required");
  reverse.onDoubt(3);
  expect(cancelled).toEqual([]);
  clock.advance(limits.parkedYieldMs);
  reverse.onDoubt(4);
  expect(cancelled).toEqual([]);
  reverse.onDoubt(3);
  expect(cancelled).toEqual(["another client's question could not be told from this call's"]);
  const inputResponses = { "elicitation-1": { action: "accept", content: {} } };
  const late = await post({ requestState: first["requestState"], inputResponses });
  expect(late["error"]).toMatchObject({ code: -32602, data: { reason: "request-state-over" } });
});
