/**
 * How much the system takes of us before the other end has read any. Linux gives a Unix socket 208 KiB; a result of
 * a megabyte then needs five turns of both processes instead of one or two.
 */
import { limits } from "@mcp-gateway/kit";
import { socketCalls } from "./libc.ts";

/** SOL_SOCKET and SO_SNDBUF of Linux. */
const socketLevel = 1;
const sendBuffer = 7;

/** Best effort: the system may give less (net.core.wmem_max), and then it is as it was. */
export function widenSendBuffer(descriptor: number): void {
  socketCalls()?.setsockopt(
    descriptor,
    socketLevel,
    sendBuffer,
    new Int32Array([limits.socketSendBufferBytes]),
  );
}

/** The same for a socket of Bun's, which has its descriptor's number; Bun's types leave it out. */
export function widenSendBufferOf(socket: object): void {
  if ("fd" in socket && typeof socket.fd === "number" && socket.fd >= 0) widenSendBuffer(socket.fd);
}
