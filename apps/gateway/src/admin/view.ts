/** What the admin routes need of the gateway; whoever holds the sessions, the catalogue and the link gives it. */
import type { Operation, ServerStatus, StatusReport, ToolReport } from "@mcp-gateway/contract";

export interface Readiness {
  readonly ready: boolean;
  /** Names of what has neither become ready nor failed yet; `supervisor` before its first snapshot. */
  readonly waitingFor: readonly string[];
}

/** Where there are several workers, some of it is the others' to say. */
type Soon<T> = T | Promise<T>;

export interface GatewayView {
  status(): Soon<StatusReport>;
  tools(): ToolReport;
  isReady(): Soon<Readiness>;
  /** In the Prometheus text format. */
  metrics(): Soon<string>;
  /**
   * Resolves when it is done. The name is checked by the receiver, and nothing but a name is passed on.
   * @param backend empty for `reload`
   * @param input what `login` and `finish-login` need
   * @returns what is to be opened in a browser, if anything
   * @throws GatewayError
   */
  operate(operation: Operation, backend: string, input?: string): Promise<string | undefined>;
}

/**
 * Is the gateway past its start? A server that failed does not hold it back, since the others serve; and one that
 * was ready once does not put it back when it is restarted, since taking the whole gateway out of service would.
 */
export class ReadinessWatch {
  #hadSnapshot = false;
  readonly #waiting = new Set<string>();
  readonly #settled = new Set<string>();

  /** Which servers there are: those that are new are waited for. */
  expect(names: readonly string[]): void {
    this.#hadSnapshot = true;
    for (const name of names) if (!this.#settled.has(name)) this.#waiting.add(name);
  }

  observe({ name, state, fault }: Pick<ServerStatus, "name" | "state" | "fault">): void {
    if (this.#settled.has(name)) return;
    if (!isSettled(state, fault !== null)) {
      this.#waiting.add(name);
      return;
    }
    this.#waiting.delete(name);
    this.#settled.add(name);
  }

  forget(name: string): void {
    this.#waiting.delete(name);
    this.#settled.delete(name);
  }

  get now(): Readiness {
    if (!this.#hadSnapshot) return { ready: false, waitingFor: ["supervisor"] };
    return { ready: this.#waiting.size === 0, waitingFor: [...this.#waiting] };
  }
}

/** States in which nothing more is to be expected of a server for now. */
const settledStates: ReadonlySet<string> = new Set(["ready", "stopped", "failed", "disabled", "skipped"]);

export function isSettled(state: string, hasFault: boolean): boolean {
  return hasFault || settledStates.has(state);
}
