/**
 * The Unix socket of one worker, for the others alone: 0600 in a 0700 folder. What comes over it has passed the
 * guards of the worker that took it from its client.
 */
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { GatewayError, type InstancePaths, makePrivateDirectory, messageOf } from "@mcp-gateway/kit";

export type PrivateServer = Bun.Server<undefined>;

export function socketPathOf(paths: InstancePaths, worker: number): string {
  return join(paths.runtimeDirectory, `worker-${worker}.sock`);
}

/** @throws GatewayError `already-running`, `socket-path` */
export async function listenPrivately(
  path: string,
  handle: (request: Request) => Response | Promise<Response>,
): Promise<PrivateServer> {
  const answered = await askPrivately(path, "/worker/port", {}).catch(() => undefined); // Nobody is there.
  if (answered !== undefined)
    throw new GatewayError("already-running", `Another worker already listens at ${path}.`);
  makePrivateDirectory(dirname(path));
  rmSync(path, { force: true });
  // The file gets the rights that the mask leaves, and Bun would leave them to everybody.
  const mask = process.umask(0o177);
  try {
    const options = {
      unix: path,
      development: false,
      // How long a connection may be quiet is for the worker to decide that has the client's.
      idleTimeout: 0,
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: handle,
      error: () => new Response(null, { status: 500 }),
    };
    // Bun's types leave `idleTimeout` out here; without it Bun 1.4.5 ends what is quiet for twelve seconds.
    return Bun.serve(options as unknown as Bun.Serve.Options<undefined>);
  } catch (cause) {
    throw new GatewayError("socket-path", `Can't listen at ${path}: ${messageOf(cause)}`, { cause });
  } finally {
    process.umask(mask);
  }
}

/**
 * What workers ask each other, and what a client asked, go to different names, and no client can choose between them:
 * whatever address it names is looked up among those for clients.
 */
const hosts = { worker: "http://worker", client: "http://client" } as const;

export interface PrivateRequest {
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** Whether another worker asks for itself. */
export function isOfWorker({ url }: Request): boolean {
  return url.startsWith(`${hosts.worker}/`);
}

/** @param address path and query, from its `/` on. Rejects when the connection fails, or ends before there is an answer */
export async function askPrivately(
  path: string,
  address: string,
  request: PrivateRequest,
  asker: keyof typeof hosts = "worker",
): Promise<Response> {
  return await fetch(hosts[asker] + address, {
    ...request,
    unix: path,
    redirect: "manual",
    decompress: false,
    // A call may be quiet for as long as its backend may.
    timeout: false,
  });
}

/** Nobody listens there: what was asked has not reached anybody. */
export function isUnreached(error: unknown): boolean {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" && unreachedCodes.includes(code);
}

const unreachedCodes: readonly string[] = ["ECONNREFUSED", "ENOENT"];
