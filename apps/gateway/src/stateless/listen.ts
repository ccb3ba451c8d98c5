/**
 * `subscriptions/listen`: one long answer that tells a client what it asked to be told (2026-07-28,
 * Subscriptions). It lives among the sessions, so that whatever is told to sessions reaches it too; each
 * message is tagged with the request that opened the stream.
 */
import { randomToken } from "@mcp-gateway/kit";
import {
  encodeSseEvent,
  type JsonRpcId,
  MessageView,
  notificationMessage,
  resultBody,
  withIdBytes,
} from "@mcp-gateway/mcp";
import { idBytesOf } from "../dispatch/bytes.ts";
import { EventStream } from "../sessions/event-stream.ts";
import { Session } from "../sessions/session.ts";
import { isObject, isReserved, metaKeys } from "./meta-keys.ts";

/** What a client asks to be told, and what it is promised. */
export interface Filter {
  readonly toolsListChanged?: true;
  readonly promptsListChanged?: true;
  readonly resourcesListChanged?: true;
  readonly resourceSubscriptions?: readonly string[];
  /** Of the tasks extension; the client's own ids. */
  readonly taskIds?: readonly string[];
}

export const listChanges = {
  toolsListChanged: { method: "notifications/tools/list_changed", capability: "tools" },
  promptsListChanged: { method: "notifications/prompts/list_changed", capability: "prompts" },
  resourcesListChanged: { method: "notifications/resources/list_changed", capability: "resources" },
} as const;
export type ListChange = keyof typeof listChanges;
export const listChangeNames = Object.keys(listChanges) as readonly ListChange[]; // The keys of a literal are exactly these.

/** What is asked for, as far as it is understood. `undefined`: it is no filter. */
export function readFilter(value: unknown): Filter | undefined {
  if (!isObject(value)) return undefined;
  const wanted = listChangeNames.filter((name) => value[name] === true);
  const named = ["resourceSubscriptions", "taskIds"].filter((name) => value[name] !== undefined);
  const lists = named.map((name) => [name, textsIn(value[name])] as const);
  if (lists.some(([, texts]) => texts === undefined)) return undefined;
  return { ...Object.fromEntries(wanted.map((name) => [name, true])), ...Object.fromEntries(lists) };
}

/** Each once; `undefined`: it is no list of strings. */
function textsIn(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || !value.every((one): one is string => typeof one === "string"))
    return undefined;
  return [...new Set(value)];
}

export class ListenSession extends Session {
  readonly stream: EventStream;
  readonly #id: JsonRpcId;
  readonly #serverInfo: string;
  readonly #methods = new Set<string>(["notifications/resources/updated", "notifications/tasks"]);
  /** What came before the acknowledgement, which is to be the first message; of one kind only the newest. */
  #early: Map<string, Uint8Array> | undefined = new Map();

  constructor(options: {
    id: JsonRpcId;
    server: string | undefined;
    nowMs: number;
    serverInfo: string;
    onClosed: (session: ListenSession) => void;
  }) {
    const { server, nowMs } = options;
    super({ id: randomToken(12), front: "listen", server, nowMs });
    this.isInitialized = true;
    this.wantsLogs = false;
    this.#id = options.id;
    this.#serverInfo = options.serverInfo;
    this.stream = new EventStream(this, () => options.onClosed(this));
  }

  /** Says what will be told, and begins to tell it. */
  acknowledge(filter: Filter): void {
    for (const name of listChangeNames)
      if (filter[name] === true) this.#methods.add(listChanges[name].method);
    const early = this.#early;
    this.#early = undefined;
    this.#send(notificationMessage("notifications/subscriptions/acknowledged", { notifications: filter }));
    for (const message of early?.values() ?? []) this.tell(message);
  }

  override tell(message: Uint8Array, coalesceKey?: string): void {
    if (this.#early !== undefined) {
      if (coalesceKey !== undefined) this.#early.set(coalesceKey, message);
      return;
    }
    const method = MessageView.read(message)?.method;
    if (method !== undefined && this.#methods.has(method)) this.#send(message);
  }

  override get openChannels(): number {
    return this.stream.isOpen ? 1 : 0;
  }

  /** What was watched for it can be let go. Set by whoever watches. */
  onEnded: () => void = () => undefined;

  /** A client that is still there is told that the end was meant. */
  override end(reason: string): void {
    super.end(reason);
    this.onEnded();
    if (!this.stream.isOpen) return;
    const tag = JSON.stringify(this.#id);
    const meta = `"${metaKeys.subscriptionId}":${tag},"${metaKeys.serverInfo}":${this.#serverInfo}`;
    const result = resultBody(`{"resultType":"complete","_meta":{${meta}}}`);
    this.#write(withIdBytes(result, idBytesOf(this.#id)));
    this.stream.close();
  }

  /** Each message names the request that it answers. */
  #send(message: Uint8Array): void {
    const set = { [metaKeys.subscriptionId]: JSON.stringify(this.#id) };
    const tagged = MessageView.read(message)?.with({ meta: { set, drop: isReserved } });
    if (tagged !== undefined) this.#write(tagged);
  }

  /** A lost change would leave its client with an old list for ever, so none is dropped. */
  #write(message: Uint8Array): void {
    this.stream.send(encodeSseEvent({ event: "message", data: message }), false);
  }
}
