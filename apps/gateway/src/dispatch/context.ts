/** What dispatching needs of the rest of the gateway. */
import type { GatewaySettings } from "@mcp-gateway/config";
import type { BackendState, Frame } from "@mcp-gateway/contract";
import type { Clock, Log } from "@mcp-gateway/kit";
import type { classifyMessage } from "@mcp-gateway/mcp";
import type { CatalogueKeeper } from "../catalogue/keeper.ts";
import type { Calls } from "../link/calls.ts";
import type { Instances } from "../link/instances.ts";
import type { Mirror } from "../link/mirror.ts";
import type { SessionRegistry } from "../sessions/registry.ts";
import type { TaskIds } from "../stateless/task-ids.ts";
import type { LogLevels } from "./log-levels.ts";
import type { ReverseRequests } from "./reverse.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Tasks } from "./tasks.ts";
import type { UpstreamListens } from "./upstream-listens.ts";

export interface DispatchContext {
  readonly mirror: Mirror;
  readonly calls: Calls;
  readonly keeper: CatalogueKeeper;
  readonly sessions: SessionRegistry;
  readonly logLevels: LogLevels;
  readonly subscriptions: Subscriptions;
  readonly reverse: ReverseRequests;
  readonly instances: Instances;
  readonly tasks: Tasks;
  readonly taskIds: TaskIds;
  readonly listens: UpstreamListens;
  readonly settings: GatewaySettings;
  readonly log: Log;
  readonly clock: Clock;
  /** A backend's notification that belongs to no call. `instance`: the connection it came on. */
  readonly onBackendNews: (backend: BackendState, message: Uint8Array, instance: number) => void;
  /** Resolves when every enabled backend has its lists, known ones at least, or a fault; or the first wait is over. */
  readonly firstLists: Promise<void>;
}

/** A backend's response as it came, and what was found out about it when it was checked. */
export type BackendResponse = Pick<
  Frame,
  "payload" | "flags" | "reference" | "idStart" | "idLength" | "roomBytes"
>;

/** Where the answer to one client request goes, and what belongs to it on the way. */
export interface Exchange {
  /**
   * The complete JSON-RPC response. Called at most once; what of it is needed later is copied before it returns.
   * @param asEvent the same as an event of an event stream, where that is at hand; with the same rule
   */
  reply(message: Uint8Array, asEvent?: () => Uint8Array): void;
  /**
   * Instead of `reply`, where more of a backend's response is changed than its id: by the exchange itself, in place if
   * it likes. Under which id `reply` is given a response does not matter to such an exchange.
   */
  relay?(response: BackendResponse): void;
  /** A notification that belongs to the request. `droppable`: may be left out for a slow reader. */
  notify(message: Uint8Array, droppable: boolean): void;
  /**
   * A request of the backend to the client, on this request's own stream.
   * @returns false when the client can't be asked
   */
  ask(message: Uint8Array): boolean;
  /** The client cancelled: no response is due. */
  cancelled(): void;
}

/** A checked message of a client. */
export type ClientMessage = Exclude<ReturnType<typeof classifyMessage>, { readonly kind: "invalid" }>;
export type ClientRequest = Extract<ClientMessage, { readonly kind: "request" }>;
export type ClientResponse = Extract<ClientMessage, { readonly kind: "response" }>;
export type ClientNotification = Extract<ClientMessage, { readonly kind: "notification" }>;
