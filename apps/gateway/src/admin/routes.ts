/** The admin addresses as an Elysia plugin. */
import { GatewayError, isGatewayError, type Log, messageOf } from "@mcp-gateway/kit";
import { Elysia } from "elysia";
import type { AdminAnswers } from "./answers.ts";
import { adminErrorResponse } from "./responses.ts";

export function adminRoutes(answers: AdminAnswers, log: Log) {
  return (
    new Elysia({ name: "admin" })
      // Elysia's own handler would send the message of whatever was thrown.
      .onError(({ code, error }) => {
        if (code === "NOT_FOUND") return adminErrorResponse(new GatewayError("not-found"));
        if (!isGatewayError(error)) log.error("admin request failed", { error: messageOf(error) });
        return adminErrorResponse(error);
      })
      .get("/health", () => answers.health())
      .get("/ready", async ({ request }) => answers.ready(authorizationOf(request)))
      .get("/metrics", async ({ request }) => answers.metrics(authorizationOf(request)))
      .get("/api/v1/status", async ({ request }) => answers.status(authorizationOf(request)))
      .get("/api/v1/tools", async ({ request }) => answers.tools(authorizationOf(request)))
      // Written as async, since Elysia looks at that to decide whether a rejection reaches `onError`.
      // A name in the path is all that most operations take; what signing in needs besides comes as JSON, which no
      // form of a browser can send, and neither can one add a token.
      .post("/api/v1/reload", async ({ request }) => answers.reload(authorizationOf(request)), {
        parse: "none",
      })
      .post(
        "/api/v1/servers/:name/:operation",
        async ({ request, params }) => answers.operate(request, params.operation, params.name),
        { parse: "none" },
      )
  );
}

function authorizationOf(request: Request): string | null {
  return request.headers.get("authorization");
}
