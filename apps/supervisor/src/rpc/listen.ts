/** Takes the link's address: a socket file in a private folder, or a loopback port that a private file names. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type LinkAddress, type PeerData, type PeerEvents, peerSocketHandlers } from "@mcp-gateway/contract";
import { GatewayError, makePrivateDirectory, messageOf, systemCodeOf } from "@mcp-gateway/kit";
import type { Socket } from "bun";

type OnOpen = (socket: Socket<PeerData>) => PeerEvents;

export interface LinkListener {
  /** What is at the address now: `kept` is this listener, `gone` nobody, `taken` somebody else. */
  check(): "kept" | "gone" | "taken";
  /** Listens again where the file was removed; connections are not touched. @throws GatewayError */
  renew(): void;
  stop(): void;
}

/** @throws GatewayError `already-running`, `socket-path` */
export async function listenForLinks(address: LinkAddress, onOpen: OnOpen): Promise<LinkListener> {
  const path = address.kind === "unix" ? address.path : address.portFile;
  makePrivateDirectory(dirname(path));
  if (await isAnswered(address)) throw alreadyRunning(path);
  rmSync(path, { force: true });
  return address.kind === "unix"
    ? new UnixListener(address.path, onOpen)
    : new TcpListener(address.portFile, onOpen);
}

function alreadyRunning(path: string, cause?: unknown): GatewayError {
  return new GatewayError(
    "already-running",
    `MCP Gateway already runs with this configuration: its supervisor listens at ${path}.`,
    { cause },
  );
}

/** A socket file outlives a supervisor that was killed; only an answered connection proves that one lives. */
async function isAnswered(address: LinkAddress): Promise<boolean> {
  const handlers = { data: () => undefined };
  const port = address.kind === "tcp" ? portIn(address.portFile) : 0;
  if (port === undefined) return false;
  try {
    const socket =
      address.kind === "unix"
        ? await Bun.connect({ unix: address.path, socket: handlers })
        : await Bun.connect({ hostname: loopback, port, socket: handlers });
    // Under Wine a port that nobody listens at seems to take the connection, and only the peer's address is missing.
    const isTaken = address.kind === "unix" || typeof socket.remoteAddress === "string";
    socket.end();
    return isTaken;
  } catch {
    return false; // Refused, or no such file: nobody is there.
  }
}

function portIn(portFile: string): number | undefined {
  try {
    const port = Number(readFileSync(portFile, "utf8"));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
  } catch {
    return undefined; // No file, no supervisor.
  }
}

const loopback = "127.0.0.1";

class UnixListener implements LinkListener {
  readonly #path: string;
  readonly #onOpen: OnOpen;
  #listener: { stop(): void };
  #identity: string;

  constructor(path: string, onOpen: OnOpen) {
    this.#path = path;
    this.#onOpen = onOpen;
    this.#listener = this.#listen();
    this.#identity = identityOf(path);
  }

  check(): "kept" | "gone" | "taken" {
    const identity = identityOf(this.#path);
    if (identity === "") return "gone";
    return identity === this.#identity ? "kept" : "taken";
  }

  renew(): void {
    makePrivateDirectory(dirname(this.#path));
    // Stopping removes the file by its name, so the old listener must be stopped before the new one makes it.
    this.#listener.stop();
    this.#listener = this.#listen();
    this.#identity = identityOf(this.#path);
  }

  stop(): void {
    if (this.check() === "kept") this.#listener.stop();
  }

  /** The file gets the rights that the mask leaves, and Bun would leave them to everybody. */
  #listen(): { stop(): void } {
    const mask = process.umask(0o177);
    try {
      return Bun.listen<PeerData>({ unix: this.#path, socket: peerSocketHandlers(this.#onOpen) });
    } catch (cause) {
      if (systemCodeOf(cause) === "EADDRINUSE") throw alreadyRunning(this.#path, cause);
      throw new GatewayError("socket-path", `Can't listen at ${this.#path}: ${messageOf(cause)}`, { cause });
    } finally {
      process.umask(mask);
    }
  }
}

class TcpListener implements LinkListener {
  readonly #portFile: string;
  readonly #listener: { stop(): void; readonly port: number };

  constructor(portFile: string, onOpen: OnOpen) {
    this.#portFile = portFile;
    this.#listener = Bun.listen<PeerData>({
      hostname: loopback,
      port: 0,
      socket: peerSocketHandlers(onOpen),
    });
    this.#writePort();
  }

  check(): "kept" | "gone" | "taken" {
    const port = portIn(this.#portFile);
    if (port === undefined) return "gone";
    return port === this.#listener.port ? "kept" : "taken";
  }

  renew(): void {
    makePrivateDirectory(dirname(this.#portFile));
    this.#writePort();
  }

  stop(): void {
    if (this.check() === "kept") rmSync(this.#portFile, { force: true });
    this.#listener.stop();
  }

  /** Whole or not at all: a reader must not find half a number. */
  #writePort(): void {
    const fresh = `${this.#portFile}.${process.pid}`;
    try {
      writeFileSync(fresh, `${this.#listener.port}\n`, { mode: 0o600 });
      renameSync(fresh, this.#portFile);
    } catch (cause) {
      throw new GatewayError("socket-path", `Can't write ${this.#portFile}: ${messageOf(cause)}`, { cause });
    }
  }
}

/** Empty when there is no such file. */
function identityOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? "" : `${stat.dev}:${stat.ino}`;
}
