/**
 * Calls to a server that is still coming up, while its lists are those of an earlier start: what a client found in
 * a list, it may call. The call waits until the server is up, and then goes the way of every other.
 */
import { GatewayError, limits } from "@mcp-gateway/kit";
import type { Session } from "../sessions/session.ts";
import type { ClientRequest, DispatchContext, Exchange } from "./context.ts";

/** The server that this request has to wait for; undefined: none. */
export function serverToAwait(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
): string | undefined {
  const server = targetOf(context, session, request);
  return server !== undefined && isComingUp(context, server) ? server : undefined;
}

function targetOf(
  { keeper }: DispatchContext,
  { server }: Session,
  { method, params }: ClientRequest,
): string | undefined {
  const text = (key: string): string => {
    const value = params?.[key];
    return typeof value === "string" ? value : "";
  };
  const { catalogue } = keeper;
  switch (method) {
    case "tools/call":
      return server ?? catalogue.tool(text("name"))?.server;
    case "prompts/get":
      return server ?? catalogue.prompt(text("name"))?.server;
    case "resources/read":
      return server ?? (catalogue.resource(text("uri")) ?? catalogue.templatesFor(text("uri"))[0])?.server;
    default:
      return undefined;
  }
}

function isComingUp({ mirror, keeper }: DispatchContext, server: string): boolean {
  const phase = mirror.byName(server)?.phase;
  const isUnderWay = phase === "waiting" || phase === "starting" || phase === "connecting";
  return isUnderWay && keeper.isKnownOnly(server);
}

/** @param go dispatches the request anew. Not called when the client cancels, or its session ends, meanwhile */
export function afterStart(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  exchange: Exchange,
  { server, go, fail }: { server: string; go: () => void; fail: (error: GatewayError) => void },
): void {
  const { clock, mirror } = context;
  const untilMs = clock.nowMs() + limits.initializeWaitMs;
  const waiting = {
    cancel(): void {
      cancelTimer();
      session.inFlight.delete(request.id);
      exchange.cancelled();
    },
  };
  const look = (): void => {
    const isComing = isComingUp(context, server);
    if (isComing && clock.nowMs() <= untilMs) {
      cancelTimer = clock.after(limits.initializePollMs, look);
      return;
    }
    session.inFlight.delete(request.id);
    if (!isComing) return go();
    const phase = mirror.byName(server)?.phase ?? "unknown";
    const detail = `The server "${server}" is still coming up (${phase}).`;
    fail(new GatewayError("backend-not-ready", detail, { facts: { server, phase } }));
  };
  let cancelTimer = clock.after(limits.initializePollMs, look);
  session.inFlight.set(request.id, waiting);
}
