/** What this one process tells of itself and of what it sees. Where there are several, `Worker` sums up. */
import type { BackendState, Operation, StatusReport, ToolReport } from "@mcp-gateway/contract";
import { GatewayError } from "@mcp-gateway/kit";
import type { CatalogueKeeper } from "../catalogue/keeper.ts";
import type { OfferedNames } from "../console/summary.ts";
import type { Link } from "../link/link.ts";
import type { Mirror } from "../link/mirror.ts";
import { openStreamCount } from "../sessions/event-stream.ts";
import type { SessionRegistry } from "../sessions/registry.ts";
import { offeredNames, standingOf, statusReport, toolReport } from "../status.ts";
import type { Metrics } from "./metrics.ts";
import { type ProcessNumbers, processNumbers, renderMetrics } from "./prometheus.ts";
import { type GatewayView, type Readiness, ReadinessWatch } from "./view.ts";

export interface ViewSources {
  readonly mirror: Mirror;
  readonly keeper: CatalogueKeeper;
  readonly link: Link;
  readonly sessions: SessionRegistry;
  readonly metrics: Metrics;
  readonly logFile: string;
  readonly configPath: string;
}

export class OwnView implements GatewayView {
  /** Where clients reach this process, once it listens. */
  address = "";
  readonly #sources: ViewSources;
  readonly #readiness = new ReadinessWatch();
  readonly #startedAt = Date.now();

  constructor(sources: ViewSources) {
    this.#sources = sources;
  }

  status(): StatusReport {
    const { mirror, keeper, link, sessions, metrics, logFile, configPath } = this.#sources;
    return statusReport({
      mirror,
      keeper,
      counts: (backend) => metrics.counts(backend),
      supervisor: link.supervisor,
      sessions,
      streams: openStreamCount(),
      address: this.address,
      startedAt: this.#startedAt,
      logFile,
      configPath,
      residentBytes: process.memoryUsage.rss(),
    });
  }

  tools(withSchemas = true): ToolReport {
    return toolReport(this.#sources.keeper, withSchemas);
  }

  offeredNames(): OfferedNames {
    return offeredNames(this.#sources.keeper);
  }

  isServer(name: string): boolean {
    return this.#sources.mirror.byName(name) !== undefined;
  }

  /** The supervisor has told which servers there are. */
  expect(backends: readonly BackendState[]): void {
    this.#readiness.expect(backends.map(({ name }) => name));
  }

  /** The server, or what is known of it, has changed: readiness looks at that one, not at all of them. */
  observe(server: string): void {
    const { mirror, keeper } = this.#sources;
    const backend = mirror.byName(server);
    if (backend === undefined) this.#readiness.forget(server);
    else this.#readiness.observe(standingOf(backend, keeper));
  }

  isReady(): Readiness {
    return this.#readiness.now;
  }

  metrics(): string {
    return renderMetrics(new Map([[0, this.numbers()]]), this.status());
  }

  /** What was counted in this process. */
  numbers(): ProcessNumbers {
    return processNumbers(this.#sources.metrics, this.status(), process.memoryUsage().heapUsed);
  }

  async operate(operation: Operation, backend: string, input?: string): Promise<string | undefined> {
    if (operation !== "reload" && !this.isServer(backend))
      throw new GatewayError("backend-unknown", `No server "${backend}" is configured.`);
    return await this.#sources.link.operate(operation, backend, input);
  }
}
