/** The HTTP face: every address, and the guards that stand in front of all of them. */
import { GatewayError, isGatewayError, type Log, messageOf } from "@mcp-gateway/kit";
import { AdminAnswers } from "./admin/answers.ts";
import { errorResponse } from "./admin/responses.ts";
import type { GatewayView } from "./admin/view.ts";
import type { Authorizer } from "./auth/authorize.ts";
import { needsClientToken } from "./auth/path-access.ts";
import { LegacySseFront } from "./fronts/legacy-sse.ts";
import { type FrontContext, StreamableHttpFront } from "./fronts/streamable-http.ts";
import type { Gateway } from "./gateway.ts";
import { checkRequest } from "./guards/check-request.ts";
import type { GuardPolicy } from "./guards/guard-policy.ts";
import { checkSingleHeaders } from "./guards/headers.ts";
import { type RequestPath, readPath } from "./guards/read-path.ts";
import type { Router } from "./router.ts";
import type { Worker } from "./workers/worker.ts";

export interface AppOptions {
  readonly gateway: Gateway;
  readonly policy: GuardPolicy;
  readonly authorizer: Authorizer;
  readonly log: Log;
  readonly requestBytesMax: number;
  readonly allowQuiet: (request: Request) => void;
  readonly isStopping: () => boolean;
  /** No more requests can be held open. */
  readonly isCrowded: () => boolean;
  /** Where there are several workers: those that answer for all, and for each other. */
  readonly worker?: Pick<Worker, "elsewhere"> & GatewayView;
}

export type Handler = (request: Request) => Response | Promise<Response>;

export interface App {
  /** What clients send. */
  readonly fromClients: Handler;
  /** What another worker took from a client, which passed the guards there. */
  readonly fromWorkers: Handler;
}

/** No port is bound here, so that tests can call it directly. */
export function makeApp(options: AppOptions): App {
  const { gateway, authorizer, log, worker } = options;
  const context: FrontContext = {
    sessions: gateway.sessions,
    dispatcher: gateway.dispatcher,
    stateless: gateway.stateless,
    clock: gateway.clock,
    requestBytesMax: options.requestBytesMax,
    isServer: (name) => gateway.view.isServer(name),
    allowQuiet: options.allowQuiet,
  };
  const admin = new AdminAnswers(worker ?? gateway.view, authorizer, log);
  const streamable = new StreamableHttpFront(context);
  const legacy = new LegacySseFront(context);
  const failed = (error: unknown): Response => failure(error, log);
  const fronts = { context, streamable, legacy, admin };
  let router: Promise<Router> | undefined;
  /** Made for the first request that needs it: many a gateway never gets one, and it weighs a fifth of the process. */
  const route = async (request: Request): Promise<Response> => {
    router ??= import("./router.ts").then(({ makeRouter }) => makeRouter(fronts, failed, log));
    return (await router)(request);
  };
  const serve = (request: Request, address: RequestPath | undefined): Response | Promise<Response> => {
    switch (address?.path) {
      // The two addresses that every call goes to need no router: it would be a twentieth of a call's cost.
      case "/mcp":
      case "/mcp/":
        return streamable.handle(request, undefined).catch(failed);
      case "/messages":
      case "/messages/":
        return legacy.post(request, undefined, address.search).catch(failed);
      default:
        return admin.direct(request) ?? route(request);
    }
  };
  return {
    fromClients: (request) => {
      const address = readPath(request.url);
      const refused = refuse(request, address?.path, options);
      if (refused !== undefined) return errorResponse(refused);
      const elsewhere = address === undefined ? undefined : worker?.elsewhere(request, address);
      return elsewhere === undefined ? serve(request, address) : elsewhere.catch(failed);
    },
    fromWorkers: (request) =>
      options.isStopping()
        ? errorResponse(new GatewayError("shutting-down"))
        : serve(request, readPath(request.url)),
  };
}

function failure(error: unknown, log: Log): Response {
  if (!isGatewayError(error)) log.error("request failed", { reason: messageOf(error) });
  return errorResponse(error);
}

/** The guards, in the order of what they cost. Nothing of the request was acted upon before they agree. */
function refuse(
  request: Request,
  path: string | undefined,
  { policy, authorizer, isStopping, isCrowded }: AppOptions,
): GatewayError | undefined {
  const { method, url, headers } = request;
  const refused =
    checkRequest({ method, url, host: headers.get("host"), origin: headers.get("origin") }, policy) ??
    checkSingleHeaders(headers);
  if (refused !== undefined) return refused;
  if (path === undefined) return new GatewayError("invalid-request", "The address has no path.");
  if (!needsClientToken(path)) return undefined;
  if (isStopping()) return new GatewayError("shutting-down");
  if (isCrowded()) return new GatewayError("too-many-connections");
  return authorizer.check(headers.get("authorization"), "client");
}
