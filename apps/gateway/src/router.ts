/** The addresses that are asked for seldom or carry a name, as an Elysia app. */
import { GatewayError, type Log } from "@mcp-gateway/kit";
import { Elysia } from "elysia";
import type { AdminAnswers } from "./admin/answers.ts";
import { adminRoutes } from "./admin/routes.ts";
import type { LegacySseFront } from "./fronts/legacy-sse.ts";
import type { FrontContext, StreamableHttpFront } from "./fronts/streamable-http.ts";
import { readPath } from "./guards/read-path.ts";

export interface Fronts {
  readonly context: FrontContext;
  readonly streamable: StreamableHttpFront;
  readonly legacy: LegacySseFront;
  readonly admin: AdminAnswers;
}

export type Router = (request: Request) => Response | Promise<Response>;

export function makeRouter(fronts: Fronts, failed: (error: unknown) => Response, log: Log): Router {
  return mcpRoutes(fronts, failed).use(adminRoutes(fronts.admin, log)).fetch;
}

function mcpRoutes({ context, streamable, legacy }: Fronts, failed: (error: unknown) => Response) {
  const raw = { parse: "none" } as const;
  return new Elysia({ name: "mcp" })
    .onError(({ error, code }) => failed(code === "NOT_FOUND" ? new GatewayError("not-found") : error))
    .all("/sse", async ({ request }) => legacy.open(request, undefined, "/messages"), raw)
    .all(
      "/servers/:name/mcp",
      async ({ request, params }) => await streamable.handle(request, known(context, params.name)),
      raw,
    )
    .all(
      "/servers/:name/sse",
      async ({ request, params }) => {
        const server = known(context, params.name);
        return legacy.open(request, server, `/servers/${encodeURIComponent(server)}/messages`);
      },
      raw,
    )
    .all(
      "/servers/:name/messages",
      async ({ request, params }) =>
        await legacy.post(request, known(context, params.name), readPath(request.url)?.search ?? ""),
      raw,
    );
}

/**
 * @param name null where the path holds bytes that are no UTF-8, which Elysia's types do not say
 * @throws GatewayError `backend-unknown`, so that a misspelt address is told at once
 */
function known(context: FrontContext, name: string | null): string {
  if (name === null) throw new GatewayError("not-found");
  if (!context.isServer(name))
    throw new GatewayError("backend-unknown", `No server "${name.slice(0, 100)}" is configured.`);
  return name;
}
