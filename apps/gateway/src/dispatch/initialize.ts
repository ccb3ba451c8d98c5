/** `initialize`: who the client is, which revision is spoken, and what this face of the gateway offers. */
import type { BackendState } from "@mcp-gateway/contract";
import { GatewayError, limits, version } from "@mcp-gateway/kit";
import { applyEdits, Extension, negotiateRevision, ObjectView, replaceStringMember } from "@mcp-gateway/mcp";
import { handshakeOf } from "../link/backend-facts.ts";
import { notReady } from "../link/calls.ts";
import type { Session } from "../sessions/session.ts";
import type { ClientRequest, DispatchContext } from "./context.ts";

/** @returns the `result` as JSON. @throws GatewayError */
export async function initialize(
  context: DispatchContext,
  session: Session,
  request: ClientRequest,
): Promise<string> {
  const params = request.params ?? {};
  if (typeof params["protocolVersion"] !== "string") {
    throw new GatewayError("invalid-params", "initialize needs params.protocolVersion, a string.");
  }
  session.revision = negotiateRevision(params["protocolVersion"]);
  session.capabilities = capabilitiesOf(params);
  session.client = clientName(params["clientInfo"]);
  const { server, revision } = session;
  const result =
    server === undefined
      ? JSON.stringify(mergedResult(context, session))
      : ownText(await whenKnown(context, server), revision);
  session.isInitialized = true;
  context.log.info("session opened", {
    session: session.shortId,
    front: session.front,
    client: session.client,
    revision,
    backend: server,
  });
  return result;
}

/** What this session sees: identity, capabilities, instructions. @throws GatewayError `backend-not-ready` */
export async function describeFace(context: DispatchContext, session: Session): Promise<FaceDescription> {
  return session.server === undefined
    ? mergedResult(context, session)
    : await ownResult(context, session, session.server);
}

/** An `initialize` result. */
export type FaceDescription = Readonly<Record<string, unknown>>;

function capabilitiesOf(params: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { capabilities } = params;
  // Checked to be an object; its members stay unknown.
  return typeof capabilities === "object" && capabilities !== null
    ? (capabilities as Record<string, unknown>)
    : {};
}

function clientName(info: unknown): string {
  if (typeof info !== "object" || info === null) return "";
  const name = "name" in info && typeof info.name === "string" ? info.name : "";
  const release = "version" in info && typeof info.version === "string" ? info.version : "";
  return `${name} ${release}`.trim().slice(0, 100);
}

/**
 * What the merged face can do does not depend on which backends are up just now: they come and go while
 * the session lives, and a client never asks for what was not declared at the start.
 */
function mergedResult(context: DispatchContext, session: Session): FaceDescription {
  return {
    protocolVersion: session.revision,
    capabilities: {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      logging: {},
      completions: {},
      ...(session.revision >= "2025-11-25" ? { tasks: taskCapabilities } : {}),
    },
    serverInfo: gatewayInfo,
    ...mergedInstructions(knownBackends(context)),
  };
}

function knownBackends({ mirror, keeper }: DispatchContext): readonly BackendState[] {
  const all = mirror.all();
  // The same list while it is the same: what was put together for it is found again.
  return all.some(({ name }) => keeper.isKnownOnly(name)) ? all.map((one) => keeper.asKnown(one)) : all;
}

/** Who the merged face says it is. */
export const gatewayInfo = { name: "mcp-gateway", title: "MCP Gateway", version } as const;

/** What a task needs is declared by each tool itself (`execution.taskSupport`). */
const taskCapabilities = { list: {}, cancel: {}, requests: { tools: { call: {} } } };

const instructionsOf = new WeakMap<readonly BackendState[], { readonly instructions?: string }>();

/** Put together once for all clients that come before a backend changes. */
function mergedInstructions(backends: readonly BackendState[]): { readonly instructions?: string } {
  const known = instructionsOf.get(backends) ?? joinedInstructions(backends);
  instructionsOf.set(backends, known);
  return known;
}

function joinedInstructions(backends: readonly BackendState[]): { readonly instructions?: string } {
  const parts: string[] = [];
  for (const backend of backends) {
    const instructions = handshakeOf(backend)["instructions"];
    if (typeof instructions === "string" && instructions.trim() !== "")
      parts.push(`# ${backend.name}\n\n${instructions.trim()}`);
  }
  const text = parts.join("\n\n");
  return text === "" ? {} : { instructions: text.slice(0, limits.instructionsCharactersMax) };
}

/** One server's own face: its own result, with the revision this client speaks. */
async function ownResult(
  context: DispatchContext,
  session: Session,
  server: string,
): Promise<FaceDescription> {
  const backend = await whenKnown(context, server);
  return { ...handshakeOf(backend), protocolVersion: session.revision };
}

/** The same as the backend spelt it, but for the revision. */
function ownText(backend: BackendState, revision: string): string {
  const { initializeResult } = backend;
  const text =
    initializeResult === null
      ? undefined
      : replaceStringMember(initializeResult, "protocolVersion", revision);
  // Where it says its revision twice, what was read of it is written anew.
  return relayedOnly(text ?? JSON.stringify({ ...handshakeOf(backend), protocolVersion: revision }));
}

/** Less the extensions that are not relayed to clients with sessions; the rest as it is spelt. */
function relayedOnly(text: string): string {
  const bytes = Buffer.from(text);
  const capabilities = ObjectView.at(bytes, 0)?.object("capabilities");
  if (capabilities?.span("extensions") === undefined) return text;
  const extensions = capabilities.object("extensions");
  const drop = (key: string): boolean => key !== Extension.ui;
  const edits = extensions?.keys.some((key) => !drop(key))
    ? extensions.edits({ drop })
    : capabilities.edits({ drop: (key) => key === "extensions" });
  return Buffer.from(applyEdits(bytes, edits)).toString();
}

/** The backend once it has been connected; one that is coming up is waited for, within the handshake's bound. */
async function whenKnown(context: DispatchContext, server: string): Promise<BackendState> {
  const untilMs = context.clock.nowMs() + limits.initializeWaitMs;
  for (;;) {
    const backend = context.mirror.byName(server);
    if (backend === undefined)
      throw new GatewayError("backend-unknown", `No server "${server}" is configured.`);
    const known = context.keeper.asKnown(backend);
    if (known.initializeResult !== null) return known;
    const isComing =
      ["waiting", "starting", "connecting"].includes(backend.phase) || backend.phase === "backing-off";
    if (!isComing || context.clock.nowMs() > untilMs) throw notReady(backend);
    await new Promise<void>((resolve) => void context.clock.after(limits.initializePollMs, resolve));
  }
}
