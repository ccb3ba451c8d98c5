/** What a call says about itself on its way to a backend. */
import type { BackendState } from "@mcp-gateway/contract";
import { Extension, relayedExtensions } from "@mcp-gateway/mcp";
import type { ListItem, Listing } from "../catalogue/listing.ts";
import type { StatelessFacts } from "../link/stateless-call.ts";
import type { Session } from "../sessions/session.ts";
import { isObject } from "../stateless/meta-keys.ts";
import { paramHeadersFor } from "../stateless/param-headers.ts";
import type { DispatchContext } from "./context.ts";
import type { Forwarding } from "./forward.ts";
import { relaysTasks, takesTasks } from "./task-support.ts";

/** What a stateless backend must be told with each request: the client behind it, and headers its tool names. */
export function statelessFacts(
  { keeper }: DispatchContext,
  session: Session,
  method: string,
  { backend, params }: Forwarding,
): StatelessFacts {
  const tool = method === "tools/call" ? toolOf(keeper.listing(backend.name), params?.["name"]) : undefined;
  return {
    capabilities: toldCapabilities(session, backend),
    logLevel: session.logLevel,
    paramHeaders: tool === undefined ? {} : paramHeadersFor(tool.ownText, params?.["arguments"]),
  };
}

/** What can be asked or answered within a request of the stateless revision; the rest has no way back. */
function toldCapabilities(session: Session, backend: BackendState): Readonly<Record<string, unknown>> {
  const { capabilities } = session;
  const asked = ["sampling", "elicitation", "roots"].filter((name) => isObject(capabilities[name]));
  const extensions =
    takesTasks(session) && relaysTasks(backend) ? [Extension.ui, Extension.tasks] : [Extension.ui];
  return {
    ...Object.fromEntries(asked.map((name) => [name, capabilities[name]])),
    ...relayedExtensions(capabilities, extensions),
  };
}

const byKey = new WeakMap<Listing, ReadonlyMap<string, ListItem>>();

/** By its own name, whatever the number of tools. */
function toolOf(listing: Listing, name: unknown): ListItem | undefined {
  if (typeof name !== "string") return undefined;
  let tools = byKey.get(listing);
  if (tools === undefined) {
    // Of two with one name the first counts, as in the catalogue.
    tools = new Map(listing.tools.toReversed().map((item) => [item.key, item]));
    byKey.set(listing, tools);
  }
  return tools.get(name);
}

export function withProgressToken(
  params: Readonly<Record<string, unknown>> | undefined,
  token: string,
): unknown {
  const meta = params?.["_meta"];
  return { ...params, _meta: { ...(typeof meta === "object" ? meta : {}), progressToken: token } };
}
