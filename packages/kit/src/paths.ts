import { statSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { GatewayError } from "./errors.ts";
import { limits } from "./limits.ts";

/**
 * Where one gateway (one configuration file) keeps what must outlive a process or connect its processes.
 * Two gateways with different configuration files never meet; every process of one gateway finds the same.
 */
export interface InstancePaths {
  /** 12 hex digits of the configuration file's absolute path. */
  readonly instance: string;
  /** 0700; sockets. Lost on reboot. */
  readonly runtimeDirectory: string;
  /** 0700; tokens, the last known catalogue. */
  readonly stateDirectory: string;
  readonly socketPath: string;
  readonly adminTokenPath: string;
  readonly clientTokenPath: string;
  /** With what ids of tasks are sealed, so that they stay good after a restart. */
  readonly taskKeyPath: string;
  /** The last known lists of every backend. */
  readonly knownListsPath: string;
  /** Written by the gateway: where it listens. JSON, see `RunFile` in the contract. */
  readonly runFilePath: string;
}

/** @throws GatewayError `socket-path` when no usable socket path can be made */
export function instancePaths(
  configPath: string,
  environment: NodeJS.ProcessEnv = process.env,
): InstancePaths {
  const instance = new Bun.CryptoHasher("sha256").update(resolve(configPath)).digest("hex").slice(0, 12);
  const runtimeDirectory = join(runtimeBase(environment), instance);
  const stateDirectory = join(stateBase(environment), instance);
  const socketPath = join(runtimeDirectory, "supervisor.sock");
  if (Buffer.byteLength(socketPath) > limits.unixSocketPathBytesMax) {
    throw new GatewayError(
      "socket-path",
      `The socket path ${socketPath} is longer than ${limits.unixSocketPathBytesMax} bytes.`,
    );
  }
  return {
    instance,
    runtimeDirectory,
    stateDirectory,
    socketPath,
    adminTokenPath: join(stateDirectory, "admin-token"),
    clientTokenPath: join(stateDirectory, "client-token"),
    taskKeyPath: join(stateDirectory, "task-key"),
    knownListsPath: join(stateDirectory, "known-lists.json"),
    runFilePath: join(runtimeDirectory, "gateway.json"),
  };
}

/** @throws GatewayError `folder-unusable` when no place is known */
function stateBase(environment: NodeJS.ProcessEnv): string {
  const own = environment["MCP_GATEWAY_STATE_DIR"] ?? "";
  if (own !== "") return own;
  const xdg = environment["XDG_STATE_HOME"] ?? "";
  // XDG Base Directory Specification: an empty value is none, and a relative path is invalid.
  if (isAbsolute(xdg)) return join(xdg, "mcp-gateway");
  try {
    return join(homedir(), ".local", "state", "mcp-gateway");
  } catch (cause) {
    throw new GatewayError("folder-unusable", "This user has no home folder, and HOME is not set.", {
      cause,
    });
  }
}

/** $XDG_RUNTIME_DIR is private to the user; a folder of our own under the temporary one is made so. */
function runtimeBase(environment: NodeJS.ProcessEnv): string {
  const own = environment["MCP_GATEWAY_RUNTIME_DIR"] ?? "";
  if (own !== "") return own;
  const xdg = environment["XDG_RUNTIME_DIR"] ?? "";
  if (isAbsolute(xdg) && isDirectory(xdg)) return join(xdg, "mcp-gateway");
  return join(tmpdir(), `mcp-gateway-${process.getuid?.() ?? userInfo().username}`);
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Not there or not ours to see: the next choice serves.
  }
}
