/**
 * Each admin address as a function from what is asked to a Response; no framework in here. What a view throws
 * that is no GatewayError goes on to the caller, who logs it and answers with `adminErrorResponse`.
 */
import type { OperationReport } from "@mcp-gateway/contract";
import { GatewayError, isGatewayError, type Log, messageOf } from "@mcp-gateway/kit";
import type { Authorizer } from "../auth/authorize.ts";
import { readPath } from "../guards/read-path.ts";
import { isServerOperation, readInput, serverOperations } from "./operation-input.ts";
import { prometheusContentType } from "./prometheus.ts";
import { adminErrorResponse, plainHeaders } from "./responses.ts";
import type { GatewayView } from "./view.ts";

/** The header that carries the token, or null. */
type Authorization = string | null;

export class AdminAnswers {
  readonly #view: GatewayView;
  readonly #authorizer: Authorizer;
  readonly #log: Log;

  constructor(view: GatewayView, authorizer: Authorizer, log: Log) {
    this.#view = view;
    this.#authorizer = authorizer;
    this.#log = log;
  }

  /**
   * What is answered before routing, or undefined. `/health` and `/ready`: probes come without a Host header, and
   * a router can't read the relative URL that such a request has. The status: whoever watches asks for it all the time.
   */
  direct(request: Request): Response | Promise<Response> | undefined {
    if (request.method !== "GET" && request.method !== "HEAD") return undefined;
    switch (readPath(request.url)?.path) {
      case "/health":
        return this.health();
      case "/ready":
        return this.ready(request.headers.get("authorization"));
      case "/api/v1/status":
        return this.#guarded(() => this.status(request.headers.get("authorization")));
      default:
        return undefined;
    }
  }

  /** What the router does for the other addresses. */
  async #guarded(answer: () => Promise<Response>): Promise<Response> {
    try {
      return await answer();
    } catch (thrown) {
      if (!isGatewayError(thrown)) this.#log.error("admin request failed", { error: messageOf(thrown) });
      return adminErrorResponse(thrown);
    }
  }

  /** The process lives and turns; nothing about what it serves. */
  health(): Response {
    return Response.json({ status: "ok" }, { headers: plainHeaders });
  }

  /** Open to everybody, as load balancers need it; names only for those who may read them elsewhere. */
  async ready(authorization: Authorization): Promise<Response> {
    const { ready, waitingFor } = await this.#view.isReady();
    const mayRead = this.#authorizer.check(authorization, "read") === undefined;
    const body = { ready, waiting: waitingFor.length, ...(mayRead ? { waitingFor } : {}) };
    return Response.json(body, { status: ready ? 200 : 503, headers: plainHeaders });
  }

  metrics(authorization: Authorization): Promise<Response> {
    return this.#read(authorization, async () => {
      const headers = { ...plainHeaders, "content-type": prometheusContentType };
      return new Response(await this.#view.metrics(), { headers });
    });
  }

  status(authorization: Authorization): Promise<Response> {
    return this.#read(authorization, async () =>
      Response.json(await this.#view.status(), { headers: plainHeaders }),
    );
  }

  tools(authorization: Authorization): Promise<Response> {
    return this.#read(authorization, async () =>
      Response.json(this.#view.tools(), { headers: plainHeaders }),
    );
  }

  reload(authorization: Authorization): Promise<Response> {
    return this.#operate(authorization, "reload", "", () => Promise.resolve(undefined));
  }

  /** Name and operation as they stood in the path, unescaped; null where they can't be. */
  operate(request: Request, operation: string | null, backend: string | null): Promise<Response> {
    const authorization = request.headers.get("authorization");
    return this.#operate(authorization, operation, backend, () => readInput(request, operation));
  }

  async #read(authorization: Authorization, answer: () => Promise<Response>): Promise<Response> {
    const refusal = this.#authorizer.check(authorization, "read");
    return refusal === undefined ? await answer() : adminErrorResponse(refusal);
  }

  async #operate(
    authorization: Authorization,
    operation: string | null,
    backend: string | null,
    input: () => Promise<string | undefined>,
  ): Promise<Response> {
    try {
      // Before anything else, so that without the token nobody learns which names exist.
      const refusal = this.#authorizer.check(authorization, "admin");
      if (refusal !== undefined) throw refusal;
      let url: string | undefined;
      if (operation === "reload" && backend === "") await this.#view.operate("reload", "");
      else if (backend === null || backend === "") throw new GatewayError("backend-unknown");
      else if (isServerOperation(operation))
        url = await this.#view.operate(operation, backend, await input());
      else throw new GatewayError("not-found", `A server can be told: ${serverOperations.join(", ")}.`);
      const report: OperationReport = { ok: true, ...(url === undefined ? {} : { url }) };
      return Response.json(report, { headers: plainHeaders });
    } catch (thrown) {
      if (!isGatewayError(thrown)) throw thrown;
      return adminErrorResponse(thrown);
    }
  }
}
