/**
 * What a client without a session sees of a face: who answers, what it can do, its lists. Answers are prepared
 * once per catalogue and kept as bytes.
 */
import type { BackendState } from "@mcp-gateway/contract";
import { GatewayError, type Log, limits } from "@mcp-gateway/kit";
import {
  declaresExtension,
  Extension,
  memberSpans,
  relayedExtensions,
  resultBody,
  type SharedBody,
  statelessRevision,
} from "@mcp-gateway/mcp";
import { type Face, type FaceList, listBody, type Segment } from "../catalogue/face.ts";
import { type ListItem, type ListKind, listKinds } from "../catalogue/listing.ts";
import { capabilitiesOf } from "../catalogue/refresh.ts";
import type { DispatchContext } from "../dispatch/context.ts";
import { describeFace, gatewayInfo } from "../dispatch/initialize.ts";
import { relaysTasks } from "../dispatch/task-support.ts";
import type { Session } from "../sessions/session.ts";
import { completeMembers } from "./complete-result.ts";
import { isObject, type JsonObject } from "./meta-keys.ts";
import { noParamHeaders, type ParamHeaders, paramHeadersOf } from "./param-headers.ts";

const gatewayInfoText = JSON.stringify(gatewayInfo);

interface PreparedList {
  readonly serverInfo: string;
  readonly body: SharedBody;
}

export class Faces {
  readonly #context: DispatchContext;
  readonly #log: Log;
  /** By server: its `initialize` result, and who it says it is. */
  readonly #infos = new Map<string, { readonly of: string; readonly text: string }>();
  readonly #lists = new WeakMap<FaceList, PreparedList>();
  /** What of a server's list is shown here, as JSON. */
  readonly #segments = new WeakMap<Segment, Uint8Array>();
  readonly #tools = new WeakMap<FaceList, ReadonlyMap<string, ListItem>>();
  readonly #headers = new WeakMap<ListItem, ParamHeaders>();

  constructor(context: DispatchContext) {
    this.#context = context;
    this.#log = context.log;
  }

  /** Who answers on this face, as JSON. */
  serverInfo(server: string | undefined): string {
    const backend = server === undefined ? undefined : this.#context.mirror.byName(server);
    const result = backend === undefined ? null : this.#context.keeper.asKnown(backend).initializeResult;
    if (server === undefined || result === null) return gatewayInfoText;
    const known = this.#infos.get(server);
    if (known?.of === result) return known.text;
    const span = memberSpans(result)?.get("serverInfo");
    const text = span === undefined ? gatewayInfoText : result.slice(span.start, span.end);
    this.#infos.set(server, { of: result, text });
    return text;
  }

  /** The id-less body of the answer to `server/discover`. @throws GatewayError */
  async discover(session: Session): Promise<Uint8Array> {
    const { instructions, capabilities } = await describeFace(this.#context, session);
    const own = {
      supportedVersions: [statelessRevision],
      capabilities: this.#relayed(session.server, isObject(capabilities) ? capabilities : {}),
      ...(typeof instructions === "string" ? { instructions } : {}),
    };
    const members = completeMembers("server/discover", this.serverInfo(session.server));
    return resultBody(`${JSON.stringify(own).slice(0, -1)},${members}}`);
  }

  /** What this revision has no place for is left out, and so are extensions that are not relayed. */
  #relayed(server: string | undefined, capabilities: JsonObject): JsonObject {
    const { tasks: _tasks, extensions: _extensions, ...rest } = capabilities;
    const all = this.#backends(server).flatMap((backend) => Object.entries(relayedBy(backend)));
    return all.length === 0 ? rest : { ...rest, extensions: Object.fromEntries(all) };
  }

  #backends(server: string | undefined): readonly BackendState[] {
    const { mirror } = this.#context;
    const own = server === undefined ? undefined : mirror.byName(server);
    return server === undefined ? mirror.all() : [own].filter((one) => one !== undefined);
  }

  /** @throws GatewayError when this face has no tasks, or the client did not declare them */
  checkTasks({ server, capabilities }: Session, method: string): void {
    if (!this.#backends(server).some(relaysTasks))
      throw new GatewayError("method-not-found", `There are no tasks here: ${method}`);
    if (declaresExtension(capabilities, Extension.tasks)) return;
    throw new GatewayError("client-capability-missing", undefined, { facts: { extension: Extension.tasks } });
  }

  /** The answer but for its id. @throws GatewayError `method-not-found` when this face has no such list */
  async list(session: Session, kind: ListKind): Promise<SharedBody> {
    await this.#context.firstLists;
    await this.#checkCapability(session, kind);
    const list = this.#face(session.server)[kind];
    const serverInfo = this.serverInfo(session.server);
    const known = this.#lists.get(list);
    if (known?.serverInfo === serverInfo) return known.body;
    const body = this.#makeList(list, serverInfo);
    this.#lists.set(list, { serverInfo, body });
    return body;
  }

  /** The arguments of a tool that its calls must repeat in headers; none for a tool nobody knows. */
  paramHeaders(server: string | undefined, name: string): readonly ParamHeadersEntry[] {
    const item =
      server === undefined ? this.#context.keeper.catalogue.tool(name) : this.#ownTool(server, name);
    const headers = item === undefined ? noParamHeaders : this.#headersOf(item);
    return headers.isValid ? headers.headers : [];
  }

  async capabilities(session: Session): Promise<JsonObject> {
    const { capabilities } = await describeFace(this.#context, session);
    return isObject(capabilities) ? capabilities : {};
  }

  /** What a server did not declare, its face has not; and its lists may be a moment behind its handshake. */
  async #checkCapability(session: Session, kind: ListKind): Promise<void> {
    const { server } = session;
    if (server === undefined) return;
    const { method, capability } = listKinds[kind];
    if ((await this.capabilities(session))[capability] === undefined)
      throw new GatewayError("method-not-found", `The server "${server}" has no ${capability}: ${method}`);
    const { clock, keeper, mirror } = this.#context;
    const untilMs = clock.nowMs() + limits.firstListsWaitMs;
    for (;;) {
      const backend = mirror.byName(server);
      if (
        backend === undefined ||
        keeper.isListed(backend) ||
        keeper.isKnownOnly(server) ||
        clock.nowMs() > untilMs
      )
        return;
      await new Promise<void>((resolve) => void clock.after(limits.initializePollMs, resolve));
    }
  }

  #face(server: string | undefined): Face {
    const { keeper } = this.#context;
    if (keeper.isStale) keeper.publish();
    return server === undefined ? keeper.catalogue.merged : keeper.catalogue.server(server);
  }

  #makeList(list: FaceList, serverInfo: string): SharedBody {
    const { member, method } = listKinds[list.kind];
    const pieces = list.kind === "tools" ? list.pieces((segment) => this.#usable(segment)) : list.pieces();
    return listBody(`${completeMembers(method, serverInfo)},"${member}":[`, pieces);
  }

  #usable(segment: Segment): Uint8Array {
    const known = this.#segments.get(segment);
    if (known !== undefined) return known;
    const items = segment.items.filter((item) => this.#isUsable(item));
    const bytes = items.length === segment.items.length ? segment.bytes : segment.with(items).encoded();
    this.#segments.set(segment, bytes);
    return bytes;
  }

  /** A client must leave out a tool whose header annotations break the rules, and so must who lists for it. */
  #isUsable(item: ListItem): boolean {
    const headers = this.#headersOf(item);
    if (headers.isValid) return true;
    this.#log.warning("tool left out", { backend: item.server, tool: item.key, reason: headers.reason });
    return false;
  }

  #ownTool(server: string, name: string): ListItem | undefined {
    const { tools } = this.#face(server);
    const known = this.#tools.get(tools) ?? new Map(tools.items.map((item) => [item.key, item]));
    this.#tools.set(tools, known);
    return known.get(name);
  }

  #headersOf(item: ListItem): ParamHeaders {
    let headers = this.#headers.get(item);
    if (headers === undefined) {
      headers = headersIn(item.ownText);
      this.#headers.set(item, headers);
    }
    return headers;
  }
}

function headersIn(toolText: string): ParamHeaders {
  if (!toolText.includes("x-mcp-header")) return noParamHeaders; // Nearly all tools are told by one native search.
  const value: unknown = JSON.parse(toolText);
  return paramHeadersOf(isObject(value) ? value["inputSchema"] : undefined);
}

type ParamHeadersEntry = Extract<ParamHeaders, { readonly isValid: true }>["headers"][number];

/** Of the extensions that this server declares, those that reach it. */
function relayedBy(backend: BackendState): JsonObject {
  const capabilities = backend.initializeResult === null ? {} : capabilitiesOf(backend.initializeResult);
  const relayed = relaysTasks(backend) ? [Extension.ui, Extension.tasks] : [Extension.ui];
  return relayedExtensions(capabilities, relayed).extensions ?? {};
}
