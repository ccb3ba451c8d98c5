/**
 * Several workers listen at one address, and Linux spreads the connections over them (SO_REUSEPORT). Any program
 * of the same user could join in silence; so the first worker makes sure that nobody else is there, and the others
 * join only where one of theirs is.
 */
import { type Clock, GatewayError, limits, systemCodeOf } from "@mcp-gateway/kit";
import type { WorkerPlace } from "./owner.ts";

export interface BindOptions<Server> {
  readonly place: WorkerPlace;
  /** 0: any free one, which the first worker takes. */
  readonly port: number;
  readonly clock: Clock;
  /** The port at which another worker listens; 0: it does not yet, or does not run. */
  readonly portOfOther: (worker: number) => Promise<number>;
  /** @throws what `systemCodeOf` reads EADDRINUSE from */
  readonly listen: (port: number, isShared: boolean) => Server & { readonly port?: number | undefined };
  readonly close: (server: Server) => Promise<void>;
}

/** @throws GatewayError `address-in-use`, and whatever `listen` throws */
export async function bindTogether<Server>(options: BindOptions<Server>): Promise<Server> {
  const { place, port, clock, listen } = options;
  const untilMs = clock.nowMs() + limits.workerAddressWaitMs;
  let taken: unknown;
  for (;;) {
    const shared = await portOfOthers(options);
    if (shared !== 0) return listen(shared, true);
    if (port !== 0 || place.number === 1) {
      const free = await freePort(options).catch((error: unknown) => {
        if (systemCodeOf(causeOf(error)) !== "EADDRINUSE") throw error;
        taken = error; // By another program, or by another worker that is looking in this very moment.
      });
      if (free !== undefined) return listen(free, true);
    }
    if (clock.nowMs() > untilMs && (taken !== undefined || place.number === 1)) break;
    if (clock.nowMs() > untilMs + limits.shutdownMsMax) break; // The first worker gives its reason by itself.
    await new Promise<void>((resolve) => void clock.after(limits.workerPollMs, resolve));
  }
  throw taken ?? new GatewayError("address-in-use", "The first worker does not say where it listens.");
}

async function portOfOthers({
  place,
  portOfOther,
}: Pick<BindOptions<never>, "place" | "portOfOther">): Promise<number> {
  const others = Array.from({ length: place.of }, (_, at) => at + 1).filter((one) => one !== place.number);
  const ports = await Promise.all(others.map(portOfOther));
  return ports.find((port) => port !== 0) ?? 0;
}

/** Takes the address alone for a moment, which only works where nobody else is. */
async function freePort<Server>({ port, listen, close }: BindOptions<Server>): Promise<number> {
  const server = listen(port, false);
  const free = server.port ?? port;
  await close(server);
  return free;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}
