/**
 * One of several gateway processes behind one address: it listens with the others, hands what is not its own to its
 * owner, answers for all when it is asked how they are, and agrees with them on what shared backends are told.
 */
import type { Operation, StatusReport, ToolReport } from "@mcp-gateway/contract";
import {
  type Clock,
  GatewayError,
  type InstancePaths,
  isGatewayError,
  type Log,
  limits,
} from "@mcp-gateway/kit";
import { Value } from "@sinclair/typebox/value";
import { renderMetrics } from "../admin/prometheus.ts";
import type { GatewayView, Readiness } from "../admin/view.ts";
import type { Gateway } from "../gateway.ts";
import { type RequestPath, readPath } from "../guards/read-path.ts";
import { isMcpLogLevel, type McpLogLevel, mcpLogLevels } from "../sessions/session.ts";
import type { StatelessRequestPost } from "../stateless/stateless.ts";
import { bindTogether } from "./bind.ts";
import { otherOwnerOf, sessionIdOf, type WorkerPlace } from "./owner.ts";
import {
  askPrivately,
  isOfWorker,
  listenPrivately,
  type PrivateServer,
  socketPathOf,
} from "./private-socket.ts";
import { Relay, relaySweepMs } from "./relay.ts";
import { sumOfStatus, WorkerReport } from "./sums.ts";

export interface WorkerOptions {
  readonly place: WorkerPlace;
  readonly paths: InstancePaths;
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly log: Log;
  readonly requestBytesMax: number;
  readonly allowQuiet: (request: Request) => void;
}

export class Worker implements GatewayView {
  readonly #options: WorkerOptions;
  readonly #gateway: Gateway;
  readonly #place: WorkerPlace;
  readonly #others: readonly number[];
  readonly #relay: Relay;
  /** Those that were ready once: one that is started again does not take the whole gateway out of service. */
  readonly #wereReady = new Set<number>();
  readonly #levels = new Map<number, McpLogLevel>();
  #ownLevel: McpLogLevel | undefined;
  /** Where this one listens for clients; 0: not yet. */
  #port = 0;
  #server: PrivateServer | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: WorkerOptions) {
    const { gateway, place, paths } = options;
    this.#options = options;
    this.#gateway = gateway;
    this.#place = place;
    this.#others = Array.from({ length: place.of }, (_, at) => at + 1).filter((one) => one !== place.number);
    const pathOf = (worker: number): string => socketPathOf(paths, worker);
    this.#relay = new Relay({ ...options, pathOf });
    gateway.stateless.elsewhere = (post, state) => this.#parkedElsewhere(post, state);
    gateway.subscriptions.onReleased = (server, uri) =>
      this.#tellAll(`/worker/released?${new URLSearchParams({ server, uri })}`);
    gateway.logLevels.onOwn = (level) => this.#ownLevelIs(level);
  }

  /** @param handle answers what other workers hand over. @throws GatewayError */
  async listen(handle: (request: Request) => Response | Promise<Response>): Promise<void> {
    const path = socketPathOf(this.#options.paths, this.#place.number);
    this.#server = await listenPrivately(path, (request) => {
      const address = isOfWorker(request) ? readPath(request.url) : undefined;
      return address === undefined ? handle(request) : this.#answer(address);
    });
    this.#timer = setInterval(() => this.#relay.sweep(), relaySweepMs);
  }

  /** Listens for clients together with the others. @throws GatewayError `address-in-use` */
  async bind(
    port: number,
    listen: (port: number, isShared: boolean) => PrivateServer,
  ): Promise<PrivateServer> {
    const { place, clock } = this.#options;
    const portOfOther = (worker: number): Promise<number> => this.#portOf(worker);
    const close = (server: PrivateServer): Promise<void> => server.stop(true);
    return await bindTogether({ place, clock, port, portOfOther, listen, close });
  }

  /** Once it listens for clients: the others are told, and asked what their clients want. */
  async join(port: number): Promise<void> {
    this.#port = port;
    this.#tellAll(this.#levelAddress());
    for (const report of await this.#reports()) this.#levelIs(report.worker, report.logLevel);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#server?.stop(true);
  }

  async #portOf(worker: number): Promise<number> {
    const port = await this.#ask(worker, "/worker/port").catch(() => "0"); // Not there, or not yet.
    return Number(port);
  }

  /** The answer of the request's owner, where that is another worker. */
  elsewhere(request: Request, address: RequestPath): Promise<Response> | undefined {
    const id = sessionIdOf(request.headers, address);
    const owner = id === undefined ? undefined : otherOwnerOf(id, this.#place);
    return id === undefined || owner === undefined
      ? undefined
      : this.#relay.pass(owner, id, request, address);
  }

  async status(): Promise<StatusReport> {
    return sumOfStatus(this.#gateway.view.status(), await this.#reports(true), this.#place.of);
  }

  tools(): ToolReport {
    return this.#gateway.view.tools();
  }

  async isReady(): Promise<Readiness> {
    const own = this.#gateway.view.isReady();
    const missing = this.#others.filter((worker) => !this.#wereReady.has(worker));
    const waitingFor = [...own.waitingFor];
    await Promise.all(
      missing.map(async (worker) => {
        const isReady = await this.#ask(worker, "/worker/ready").catch(() => "away"); // It is being started.
        if (isReady === "true") this.#wereReady.add(worker);
        else waitingFor.push(`worker ${worker}`);
      }),
    );
    return { ready: own.ready && waitingFor.length === 0, waitingFor };
  }

  async metrics(): Promise<string> {
    const reports = await this.#reports(true);
    const numbers = new Map(reports.map((report) => [report.worker, report.numbers]));
    return renderMetrics(numbers, this.#gateway.view.status());
  }

  operate(operation: Operation, backend: string, input?: string): Promise<string | undefined> {
    return this.#gateway.view.operate(operation, backend, input);
  }

  /** What another worker asks. */
  #answer({ path, search }: RequestPath): Response {
    const query = new URLSearchParams(search);
    switch (path) {
      case "/worker/port":
        return new Response(String(this.#port));
      case "/worker/ready":
        return new Response(String(this.#gateway.view.isReady().ready));
      case "/worker/report":
        return Response.json(this.#report());
      case "/worker/level":
        this.#levelIs(Number(query.get("worker")), query.get("level"));
        return new Response();
      case "/worker/released":
        this.#gateway.subscriptions.reclaim(query.get("server") ?? "", query.get("uri") ?? "");
        return new Response();
      default:
        return new Response(null, { status: 404 });
    }
  }

  #report(): WorkerReport {
    const { number: worker } = this.#place;
    const { ready: isReady } = this.#gateway.view.isReady();
    const logLevel = this.#ownLevel ?? null;
    const status = this.#gateway.view.status();
    const numbers = { ...this.#gateway.view.numbers(), handedOver: this.#relay.total };
    return { worker, isReady, logLevel, status, numbers };
  }

  /** In the order of their numbers; one that does not answer in time is left out. */
  async #reports(withOwn = false): Promise<readonly WorkerReport[]> {
    const asked = this.#others.map(async (worker) => {
      const text = await this.#ask(worker, "/worker/report").catch(() => "null"); // It is being started.
      const report: unknown = JSON.parse(text);
      return Value.Check(WorkerReport, report) ? report : undefined;
    });
    const reports = (await Promise.all(asked)).filter((report) => report !== undefined);
    if (withOwn) reports.push(this.#report());
    return reports.sort((a, b) => a.worker - b.worker);
  }

  #ownLevelIs(level: McpLogLevel | undefined): void {
    if (this.#ownLevel === level) return;
    this.#ownLevel = level;
    this.#tellAll(this.#levelAddress());
  }

  #levelAddress(): string {
    const level = this.#ownLevel === undefined ? {} : { level: this.#ownLevel };
    return `/worker/level?${new URLSearchParams({ worker: String(this.#place.number), ...level })}`;
  }

  #levelIs(worker: number, level: string | null): void {
    if (isMcpLogLevel(level)) this.#levels.set(worker, level);
    else this.#levels.delete(worker);
    const wanted = [...this.#levels.values()];
    this.#gateway.logLevels.applyOthers(mcpLogLevels.find((one) => wanted.includes(one)));
  }

  #tellAll(address: string): void {
    for (const worker of this.#others)
      this.#ask(worker, address).catch((error: unknown) => {
        // One that is away asks for all of it when it is back.
        this.#options.log.debug("worker not told", { worker, reason: String(error) });
      });
  }

  async #ask(worker: number, address: string): Promise<string> {
    const signal = AbortSignal.timeout(limits.workerReportTimeoutMs);
    const answer = await askPrivately(socketPathOf(this.#options.paths, worker), address, { signal });
    return await answer.text();
  }

  /** A parked call waits in the process that parked it. */
  #parkedElsewhere(post: StatelessRequestPost, state: string): Promise<Response> | undefined {
    const owner = otherOwnerOf(state, this.#place);
    const address = readPath(post.request.url);
    if (owner === undefined || address === undefined) return undefined;
    const { id, method, params } = post.message;
    // Written anew from what was checked, as everything is that goes on from here.
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    return this.#relay.passText(owner, post.request, address.path + address.search, body).catch((error) => {
      const isGone = isGatewayError(error) && error.code === "session-unknown";
      throw isGone ? new GatewayError("request-state-over", undefined, { cause: error }) : error;
    });
  }
}
