/** Takes the address for clients, or finds out why it can't be taken. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { GatewaySettings } from "@mcp-gateway/config";
import { GatewayError, limits, messageOf, systemCodeOf } from "@mcp-gateway/kit";
import type { Handler } from "./app.ts";

export type Server = Bun.Server<undefined>;

/** @param isShared with the other workers. @throws GatewayError `address-in-use`, `address-unusable` */
export function listen(settings: GatewaySettings, port: number, isShared: boolean, handle: Handler): Server {
  try {
    return Bun.serve({
      hostname: settings.host,
      port,
      idleTimeout: limits.httpIdleTimeoutS,
      maxRequestBodySize: settings.limits.requestBytes,
      // Bun 1.4.5 turns SO_REUSEPORT on when `development` is off: two gateways would share a port in silence.
      development: false,
      reusePort: isShared,
      fetch: handle,
      error: () => new Response(null, { status: 500 }),
    });
  } catch (cause) {
    const where = `${settings.host}:${port}`;
    if (systemCodeOf(cause) === "EADDRINUSE") {
      throw new GatewayError("address-in-use", `Another program already listens on ${where}.`, { cause });
    }
    throw new GatewayError("address-unusable", `The gateway can't listen on ${where}: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

/**
 * What `listen` threw, or something truer: of a name that has no address Bun tells whatever failed before in the same
 * process, "address in use" among others.
 */
export async function addressFault(host: string, thrown: unknown): Promise<unknown> {
  if (isIP(host) !== 0) {
    if (!(thrown instanceof GatewayError) || systemCodeOf(thrown.cause) !== "EADDRNOTAVAIL") return thrown;
    return new GatewayError("address-unusable", `This machine has no address ${host}.`, { cause: thrown });
  }
  try {
    await lookup(host);
    return thrown;
  } catch (cause) {
    return new GatewayError("address-unusable", `No address is known for the name "${host}".`, { cause });
  }
}
