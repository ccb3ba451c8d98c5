/** Resources: whose a URI is, reading, watching, completing. */
import type { BackendState } from "@mcp-gateway/contract";
import { GatewayError, limits } from "@mcp-gateway/kit";
import { applyEdits, elementSpans, ObjectView, resultBody, resultStart, withIdBytes } from "@mcp-gateway/mcp";
import { capabilitiesOf } from "../link/backend-facts.ts";
import { notReady } from "../link/calls.ts";
import type { Session } from "../sessions/session.ts";
import { idBytesOf } from "./bytes.ts";
import type { ClientRequest, DispatchContext, Exchange } from "./context.ts";
import { forward } from "./forward.ts";

interface Owner {
  readonly backend: BackendState;
  /** The URI as the backend knows it. */
  readonly uri: string;
}

export function uriOf(request: ClientRequest): string {
  const uri = request.params?.["uri"];
  if (typeof uri !== "string" || uri === "")
    throw new GatewayError("invalid-params", `${request.method} needs params.uri, a string.`);
  return uri;
}

/**
 * Who may have the resource, best first: who lists it, then whose template fits, then every server that
 * has resources at all, in the order of the configuration (servers may answer for URIs they do not list).
 */
function owners(context: DispatchContext, session: Session, uri: string): readonly Owner[] {
  const { mirror, keeper, instances } = context;
  if (session.server !== undefined) {
    const backend = mirror.byName(session.server);
    return backend === undefined ? [] : [{ backend, uri }];
  }
  const listed = keeper.catalogue.resource(uri);
  if (listed !== undefined) {
    const backend = mirror.byName(listed.server);
    return backend === undefined ? [] : [{ backend, uri: listed.key }];
  }
  const names = new Set(keeper.catalogue.templatesFor(uri).map(({ server }) => server));
  const isOffered = names.size > 0;
  for (const backend of mirror.all()) {
    if (backend.phase !== "ready" || capabilitiesOf(backend)["resources"] === undefined) continue;
    // Where a template fits, no connection of the session's own is opened for a guess.
    const isOpen = backend.isolation === "shared" || instances.openOf(session, backend) !== undefined;
    if (isOpen || !isOffered) names.add(backend.name);
  }
  return [...names].flatMap((name) => {
    const backend = mirror.byName(name);
    return backend?.phase === "ready" ? [{ backend, uri }] : [];
  });
}

export function readResource(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  exchange: Exchange,
): void {
  const uri = uriOf(request);
  tryOwners(context, session, request, exchange, uri, owners(context, session, uri));
}

function tryOwners(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  exchange: Exchange,
  uri: string,
  candidates: readonly Owner[],
  firstRefusal?: Uint8Array,
): void {
  const [owner, ...others] = candidates;
  if (owner === undefined) throw unknownResource(uri);
  forward(context, session, request, exchange, {
    backend: owner.backend,
    params: { ...request.params, uri: owner.uri },
    target: `${owner.backend.name} ${owner.uri}`,
    ...(owner.uri === uri ? {} : { rewrite: (reply: Uint8Array) => withContentUri(reply, owner.uri, uri) }),
    // When nobody has it, the answer of the one that most likely would have is the one to give.
    otherwise: (refusal) => {
      const first = firstRefusal ?? refusal;
      if (others.length === 0) exchange.reply(first);
      else tryOwners(context, session, request, exchange, uri, others, first);
    },
  });
}

function unknownResource(uri: string): GatewayError {
  return new GatewayError("unknown-resource", `No server has the resource ${uri}.`, { facts: { uri } });
}

/** What was asked for under a qualified URI is answered under it. */
function withContentUri(reply: Uint8Array, ownUri: string, exposedUri: string): Uint8Array {
  const start = resultStart(reply);
  const contents = start === undefined ? undefined : ObjectView.at(reply, start)?.span("contents");
  const spans = contents === undefined ? undefined : elementSpans(reply, contents.start);
  const set = { uri: JSON.stringify(exposedUri) };
  const edits = (spans ?? []).flatMap((span) => {
    const content = ObjectView.at(reply, span.start);
    return content?.value("uri") === ownUri ? content.edits({ set }) : [];
  });
  return applyEdits(reply, edits);
}

export function subscribe(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  exchange: Exchange,
): void {
  const uri = uriOf(request);
  const owner = watchableOwner(context, session, uri);
  const { subscriptions } = context;
  if (session.subscriptions.size >= limits.subscriptionsPerSessionMax)
    throw new GatewayError("too-many-subscriptions");
  const wasWatched = subscriptions.isWatched(session, owner.backend, owner.uri);
  // Before the answer, so that an update that comes right behind it is not missed.
  subscriptions.add(session, owner.backend, owner.uri, uri);
  if (wasWatched) return exchange.reply(emptyResult(request));
  if (owner.backend.era === "stateless") {
    subscriptions.onWatched(owner.backend.name);
    return exchange.reply(emptyResult(request));
  }
  forward(context, session, request, exchange, {
    backend: owner.backend,
    params: { ...request.params, uri: owner.uri },
    onEnded: (isError) => subscriptions.onAnswered(session, owner.backend, owner.uri, isError),
    target: `${owner.backend.name} ${owner.uri}`,
  });
}

export function unsubscribe(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
  exchange: Exchange,
): void {
  const uri = uriOf(request);
  const owner = watchableOwner(context, session, uri);
  if (!context.subscriptions.remove(session, owner.backend, owner.uri))
    return exchange.reply(emptyResult(request));
  if (owner.backend.era === "stateless") {
    context.subscriptions.onWatched(owner.backend.name);
    return exchange.reply(emptyResult(request));
  }
  forward(context, session, request, exchange, {
    backend: owner.backend,
    params: { ...request.params, uri: owner.uri },
    onEnded: () => {
      if (owner.backend.isolation === "shared")
        context.subscriptions.onReleased(owner.backend.name, owner.uri);
    },
    target: `${owner.backend.name} ${owner.uri}`,
  });
}

function watchableOwner(context: DispatchContext, session: Session, uri: string): Owner {
  const candidates = owners(context, session, uri);
  const owner = candidates.find(({ backend }) => canWatch(backend));
  if (owner !== undefined) return owner;
  const first = candidates[0];
  if (first === undefined) throw unknownResource(uri);
  if (first.backend.phase !== "ready") throw notReady(first.backend);
  throw new GatewayError(
    "method-not-found",
    `The server "${first.backend.name}" offers no resource subscriptions.`,
  );
}

function canWatch(backend: BackendState): boolean {
  if (backend.phase !== "ready") return false;
  const { resources } = capabilitiesOf(backend);
  return (
    typeof resources === "object" &&
    resources !== null &&
    "subscribe" in resources &&
    resources.subscribe === true
  );
}

export function emptyResult(request: ClientRequest): Uint8Array {
  return withIdBytes(resultBody("{}"), idBytesOf(request.id));
}
