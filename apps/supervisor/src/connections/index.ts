/** The supervisor's MCP client side. */
export { Connection } from "./connection.ts";
export type { Era, EraEvidence, EraPlan, EraProbe } from "./era.ts";
export type { ConnectionEvents, ConnectionOptions } from "./events.ts";
export type { ClientCapabilities, Handshake } from "./handshake.ts";
export { openTransport, probeAddress, probeEra } from "./open-transport.ts";
export type { CallOwner } from "./pending.ts";
export type { Transport, TransportEvents, TransportFault } from "./transport.ts";
