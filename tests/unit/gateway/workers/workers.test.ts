/** What several workers decide without asking each other, and how they come to listen at one address. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { GatewayError, limits, systemClock } from "@mcp-gateway/kit";
import { bindTogether } from "../../../../apps/gateway/src/workers/bind.ts";
import { Closings } from "../../../../apps/gateway/src/workers/closings.ts";
import {
  markOf,
  otherOwnerOf,
  readPlace,
  sessionIdOf,
  shareOf,
} from "../../../../apps/gateway/src/workers/owner.ts";
import { listenPrivately } from "../../../../apps/gateway/src/workers/private-socket.ts";
import { Relay } from "../../../../apps/gateway/src/workers/relay.ts";
import { sumOfStatus, type WorkerReport } from "../../../../apps/gateway/src/workers/sums.ts";
import { tempDir } from "../../../support/temp-dir.ts";
import { within } from "../../../support/wait-for.ts";
import { aServer, aStatus } from "../console/reports.ts";

const place = { number: 2, of: 3 };

describe("an id", () => {
  test("leads to the other worker that made it, and nowhere else", () => {
    expect(otherOwnerOf(`${markOf(3)}abc`, place)).toBe(3);
    for (const own of [
      `${markOf(2)}abc`,
      "4.abc",
      "0.abc",
      "03.abc",
      "3abc",
      ".3.abc",
      "-1.x",
      "1e0.x",
      "",
      "100.x",
    ])
      expect(otherOwnerOf(own, place)).toBeUndefined();
  });

  test("is read from where the front has it", () => {
    const headers = new Headers({ "mcp-session-id": "1.a" });
    const at = (path: string, search = "") => sessionIdOf(headers, { path, search });
    expect(at("/mcp")).toBe("1.a");
    expect(at("/mcp", "?sessionId=3.b")).toBe("1.a");
    expect(at("/messages", "?sessionId=3.b")).toBe("3.b");
    expect(at("/servers/x/messages/", "?session_id=3.b")).toBe("3.b");
    expect(at("/messages")).toBeUndefined();
    expect(sessionIdOf(new Headers(), { path: "/mcp", search: "" })).toBeUndefined();
  });
});

test("a place among workers is written in one way", () => {
  expect(readPlace("2/4")).toEqual({ number: 2, of: 4 });
  for (const text of ["1/1", "3/2", "0/2", "2", "a/b", "1/17", "02/4", "2/4/6", " 2/4", ""])
    expect(readPlace(text)).toBeUndefined();
});

describe("the sum over workers", () => {
  const numbers = {
    startedAt: 0,
    residentBytes: 0,
    heapBytes: 0,
    resumeBytes: 0,
    unreadBytes: 0,
    unreadRefused: 0,
    sessions: { streamable: 0, sse: 0, streams: 0 },
  };
  const report = (worker: number, state: "ready" | "starting" | "degraded", calls: number): WorkerReport => ({
    worker,
    isReady: true,
    logLevel: null,
    numbers: { ...numbers, calls: [] },
    status: aStatus({
      state,
      gateway: { pid: worker * 10, startedAt: worker, residentBytes: 100 },
      sessions: { streamable: worker, sse: 1, streams: 2 },
      servers: [aServer("a", { calls, errors: 1, inFlight: 2 })],
    }),
  });

  test("adds what was counted, and takes the backends as the one that was asked sees them", () => {
    const own = report(2, "ready", 5);
    const sum = sumOfStatus(own.status, [report(1, "ready", 7), own], 2);
    expect(sum.state).toBe("ready");
    expect(sum.gateway).toEqual({ pid: 10, startedAt: 1, residentBytes: 200 });
    expect(sum.sessions).toEqual({ streamable: 3, sse: 2, streams: 4 });
    expect(sum.servers).toEqual([aServer("a", { calls: 12, errors: 2, inFlight: 4 })]);
    expect(sum.workers.map(({ worker, pid, calls, inFlight }) => [worker, pid, calls, inFlight])).toEqual([
      [1, 10, 7, 2],
      [2, 20, 5, 2],
    ]);
  });

  test("shows one that does not answer, and is not ready without it", () => {
    const own = report(2, "ready", 5);
    const sum = sumOfStatus(own.status, [own], 2);
    expect(sum.state).toBe("starting");
    expect(sum.workers[0]).toMatchObject({ worker: 1, state: "away", pid: null, calls: 0 });
    expect(sumOfStatus(own.status, [report(1, "degraded", 1), own], 2).state).toBe("degraded");
    expect(sumOfStatus(own.status, [report(1, "starting", 1), own], 2).state).toBe("starting");
  });
});

describe("a relayed request", () => {
  async function withOwner(
    handle: (request: Request) => Response | Promise<Response>,
    run: (relay: Relay) => Promise<void>,
  ): Promise<void> {
    using directory = tempDir("relay");
    const path = join(directory.path, "private", "owner.sock");
    const server = await listenPrivately(path, handle);
    try {
      await run(
        new Relay({
          pathOf: (worker) => (worker === 2 ? path : `${path}.none`),
          requestBytesMax: 100,
          allowQuiet,
        }),
      );
    } finally {
      await server.stop(true);
    }
  }
  const quiet: Request[] = [];
  const allowQuiet = (request: Request): void => void quiet.push(request);
  const post = (body: string, signal?: AbortSignal): Request =>
    new Request("http://127.0.0.1/mcp?a=b", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "content-length": String(body.length),
        "mcp-session-id": "2.x",
        connection: "close",
      },
      body,
      ...(signal === undefined ? {} : { signal }),
    });
  const address = { path: "/mcp", search: "?a=b" };

  test("arrives as it was sent, and its answer as it was given", () =>
    withOwner(
      async (request) =>
        new Response(
          `${new URL(request.url).search} ${request.headers.get("mcp-session-id")} ${await request.text()}`,
          {
            status: 418,
            headers: { "x-kept": "yes", "content-type": "text/odd" },
          },
        ),
      async (relay) => {
        const answer = await relay.passText(2, post(""), "/mcp?a=b", '{"é":1}');
        expect(answer.status).toBe(418);
        expect([answer.headers.get("x-kept"), answer.headers.get("content-type")]).toEqual([
          "yes",
          "text/odd",
        ]);
        expect(await answer.text()).toBe('?a=b 2.x {"é":1}');
        await expect(relay.pass(2, "2.x", post("x".repeat(101)), address)).rejects.toThrow(/larger than 100/);
        await expect(relay.passText(1, post(""), "/mcp", "{}")).rejects.toMatchObject({
          code: "session-unknown",
        });
        expect(relay.waiting).toBe(0);
      },
    ));

  test("is given up when its client goes away, and its connection may be quiet until then", async () => {
    const arrived = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const hang = (request: Request): Promise<Response> => {
      request.signal.addEventListener("abort", () => gone.resolve());
      arrived.resolve();
      return new Promise(() => {});
    };
    await withOwner(hang, async (relay) => {
      const client = new AbortController();
      const request = post("{}", client.signal);
      const answer = relay.passText(2, request, "/mcp", "{}");
      await arrived.promise;
      quiet.length = 0;
      relay.sweep();
      expect([relay.waiting, quiet]).toEqual([1, [request]]);
      client.abort();
      await expect(within(3_000, "the relay to give up", answer)).rejects.toMatchObject({
        code: "worker-lost",
      });
      await within(3_000, "the owner to see it", gone.promise);
      expect(relay.waiting).toBe(0);
    });
  });
});

test("the workers' shares of a limit make the limit, and none is left without", () => {
  for (const [total, of] of [
    [10_000, 3],
    [7, 4],
    [4, 4],
    [16, 2],
  ] as const) {
    const shares = Array.from({ length: of }, (_, at) => shareOf(total, { number: at + 1, of }));
    expect(shares.reduce((sum, one) => sum + one, 0)).toBe(total);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  }
  expect(shareOf(1, { number: 3, of: 4 })).toBe(1);
});

describe("a connection at the wrong worker", () => {
  const { relaysPerClosing, relayClosingsMax, relaySessionsMax } = limits;
  const closingsOf = (closings: Closings, session: string, requests: number): number =>
    Array.from({ length: requests }, () => closings.next(session)).filter((closes) => closes).length;

  test("is closed with every so many requests of a session, each session counted by itself", () => {
    const closings = new Closings();
    expect(closingsOf(closings, "2.a", relaysPerClosing - 1)).toBe(0);
    expect(closingsOf(closings, "2.b", relaysPerClosing - 1)).toBe(0);
    expect(closings.next("2.a")).toBe(true);
    expect(closings.next("2.a")).toBe(false);
  });

  test("is left alone when closing did not help, as behind a proxy", () => {
    const closings = new Closings();
    expect(closingsOf(closings, "2.a", relaysPerClosing * (relayClosingsMax + 10))).toBe(relayClosingsMax);
  });

  test("costs no memory for sessions of long ago", () => {
    const closings = new Closings();
    closingsOf(closings, "2.a", relaysPerClosing - 1);
    for (let one = 0; one < relaySessionsMax; one += 1) closings.next(`2.${one}`);
    // Forgotten, so it begins anew.
    expect(closingsOf(closings, "2.a", relaysPerClosing - 1)).toBe(0);
  });
});

describe("binding together", () => {
  type Server = ReturnType<typeof Bun.serve>;
  const listen = (port: number, isShared: boolean): Server => {
    try {
      const fetch = (): Response => new Response(null);
      return Bun.serve({ hostname: "127.0.0.1", port, development: false, reusePort: isShared, fetch });
    } catch (cause) {
      throw new GatewayError("address-in-use", undefined, { cause });
    }
  };
  const close = (server: Server): Promise<void> => server.stop(true);

  /** Three workers that start in this order, each seeing where the others listen. */
  async function bindAll(order: readonly number[], port: number): Promise<readonly Server[]> {
    const ports = new Map<number, number>();
    return await Promise.all(
      order.map(async (number) => {
        const server = await bindTogether<Server>({
          place: { number, of: 3 },
          port,
          clock: systemClock,
          portOfOther: async (worker) => ports.get(worker) ?? 0,
          listen,
          close,
        });
        ports.set(number, server.port ?? 0);
        return server;
      }),
    );
  }

  test.each([[[1, 2, 3]], [[3, 2, 1]], [[2, 1, 3]]])(
    "started in the order %j, all get one address",
    async (order) => {
      for (const port of [0, await freeNow()]) {
        const servers = await bindAll(order, port);
        const ports = new Set(servers.map((server) => server.port));
        for (const server of servers) await close(server);
        expect(ports.size).toBe(1);
        if (port !== 0) expect(ports.has(port)).toBe(true);
      }
    },
  );

  test("nobody joins another program, though the system would let it", async () => {
    const other = listen(0, true);
    try {
      await expect(bindAll([1, 2, 3], other.port ?? 0)).rejects.toThrow(GatewayError);
    } finally {
      await close(other);
    }
  });

  async function freeNow(): Promise<number> {
    const server = listen(0, false);
    const port = server.port ?? 0;
    await close(server);
    return port;
  }
});
