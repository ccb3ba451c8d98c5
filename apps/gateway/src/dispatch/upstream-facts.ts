/** What a call says about itself on its way to a backend. */
import type { StatelessFacts } from "../link/stateless-call.ts";
import type { Session } from "../sessions/session.ts";
import { paramHeadersFor } from "../stateless/param-headers.ts";
import type { DispatchContext } from "./context.ts";
import type { Forwarding } from "./forward.ts";

/** What a stateless backend must be told with each request: the client behind it, and headers its tool names. */
export function statelessFacts(
  { keeper }: DispatchContext,
  session: Session,
  method: string,
  { backend, params }: Forwarding,
): StatelessFacts {
  const tool =
    method === "tools/call"
      ? keeper.listing(backend.name).tools.find(({ key }) => key === params?.["name"])
      : undefined;
  return {
    capabilities: session.capabilities,
    logLevel: session.logLevel,
    paramHeaders: tool === undefined ? {} : paramHeadersFor(tool.ownText, params?.["arguments"]),
  };
}

export function withProgressToken(
  params: Readonly<Record<string, unknown>> | undefined,
  token: string,
): unknown {
  const meta = params?.["_meta"];
  return { ...params, _meta: { ...(typeof meta === "object" ? meta : {}), progressToken: token } };
}
