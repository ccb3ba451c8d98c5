/** What changed between two reports, in words; and what is not worth a line. */
import { describe, expect, test } from "bun:test";
import type { ServerStatus, StatusReport } from "@mcp-gateway/contract";
import { eventMessage } from "../../../../apps/gateway/src/console/event-printer.ts";
import { eventsBetween } from "../../../../apps/gateway/src/console/events.ts";
import { RepeatFilter } from "../../../../apps/gateway/src/console/repeat-filter.ts";
import { aFault, aServer, aStatus } from "./reports.ts";

function lines(before: StatusReport, after: StatusReport): string[] {
  return eventsBetween(before, after, 0).map((event) => `${event.tone} ${eventMessage(event)}`);
}

/** What one server's change says. */
function change(was: Partial<ServerStatus>, is: Partial<ServerStatus>): string[] {
  return lines(aStatus({ servers: [aServer("web", was)] }), aStatus({ servers: [aServer("web", is)] }));
}

describe("a server", () => {
  const fault = aFault("connection refused");

  test("that comes up is ready, and one that had failed or was restarted has recovered", () => {
    expect(change({ state: "starting" }, { state: "ready", tools: 12, prompts: 3 })).toEqual([
      "success web ready: 12 tools, 3 prompts",
    ]);
    expect(change({ state: "connecting", fault }, { state: "ready", tools: 1 })).toEqual([
      "success web recovered: 1 tool",
    ]);
    expect(change({ state: "starting" }, { state: "ready", restarts: 1 })).toEqual([
      "success web recovered: 0 tools",
    ]);
    expect(change({ state: "ready" }, { state: "ready", restarts: 1 })).toEqual([
      "success web recovered: 0 tools",
    ]);
  });

  test("that is lost tells stage, message, when it is tried again, and what to do", () => {
    expect(
      change(
        { state: "ready" },
        { state: "backing-off", fault: aFault("exit code 1", "running", "See the log."), nextTryAt: 4_200 },
      ),
    ).toEqual(["warn web lost: running: exit code 1; retry in 5s\n    │ said on stderr\n    → See the log."]);
  });

  test("that does not start says so, and that it is given up", () => {
    expect(change({ state: "starting" }, { state: "backing-off", fault, nextTryAt: 250 })[0]).toStartWith(
      "warn web not started: connect: connection refused; retry in 1s",
    );
    expect(change({ state: "starting" }, { state: "failed", fault, nextTryAt: 300_000 })[0]).toStartWith(
      "error web failed: connect: connection refused; retry in 5 min",
    );
  });

  test("that is given up for reasons known says them once more, as one sentence", () => {
    const known = aFault("It ended.", "startup", "");
    const given = { state: "failed", fault: known, nextTryAt: 300_000, note: "failed too often" };
    expect(change({ state: "starting", fault: known }, given)).toEqual([
      "error web failed: startup: It ended; retry in 5 min\n    │ said on stderr",
    ]);
    expect(change(given, { ...given, nextTryAt: 299_000 })).toEqual([]);
  });

  test("that fails with the same words again says nothing new, also when only the time differs", () => {
    expect(
      change({ state: "starting", fault }, { state: "backing-off", fault: { ...fault, at: 99 } }),
    ).toEqual([]);
    expect(change({ state: "backing-off", fault }, { state: "starting", fault })).toEqual([]);
    expect(
      change({ state: "starting", fault }, { state: "backing-off", fault: aFault("timed out") }),
    ).toHaveLength(1);
  });

  test("that is stopped, restarted by request, added or removed is told as such", () => {
    expect(change({ state: "ready" }, { state: "stopped", note: "by request" })).toEqual([
      "info web stopped: by request",
    ]);
    expect(change({ state: "ready" }, { state: "starting" })).toEqual(["info web restarting"]);
    expect(lines(aStatus(), aStatus({ servers: [aServer("web")] }))).toEqual(["info web added"]);
    expect(lines(aStatus({ servers: [aServer("web")] }), aStatus())).toEqual(["info web removed"]);
  });

  test("that changes what it offers, or begins to warn, is told once", () => {
    expect(change({ state: "ready", tools: 1 }, { state: "ready", tools: 2 })).toEqual([
      "info web now offers 2 tools (was 1 tool)",
    ]);
    expect(change({ warnings: ["a"] }, { warnings: ["a", "name shortened"] })).toEqual([
      "warn web name shortened",
    ]);
  });

  test("that only counts calls, or goes through its start, makes no line", () => {
    expect(
      change(
        { state: "ready", calls: 1, inFlight: 0 },
        { state: "ready", calls: 900, errors: 5, inFlight: 3 },
      ),
    ).toEqual([]);
    expect(change({ state: "waiting" }, { state: "starting" })).toEqual([]);
    expect(change({ state: "starting" }, { state: "connecting" })).toEqual([]);
    expect(change({ state: "connecting" }, { state: "listing" })).toEqual([]);
  });
});

describe("the rest", () => {
  const config = aStatus().config;

  test("nothing between equal reports", () => expect(lines(aStatus(), aStatus())).toEqual([]));

  test("the supervisor is lost, back, or another", () => {
    const up = aStatus();
    const down = aStatus({ supervisor: { connected: false, pid: null, startedAt: null } });
    expect(lines(up, down)[0]).toStartWith("error supervisor lost");
    expect(lines(down, up)).toEqual(["success supervisor connected"]);
    expect(lines(up, aStatus({ supervisor: { connected: true, pid: 3, startedAt: 1 } }))).toEqual([
      "warn supervisor was restarted",
    ]);
  });

  test("the configuration is reloaded, rejected with its faults, valid again", () => {
    const rejected = aStatus({ config: { ...config, faults: ["config.json:3:5 a", "config.json:9:1 b"] } });
    const reloaded = aStatus({ config: { ...config, revision: 2 } });
    expect(lines(aStatus(), reloaded)).toEqual(["success configuration reloaded"]);
    expect(lines(aStatus(), rejected)).toEqual([
      "error configuration rejected, the one before stays in force (2 faults)\n    config.json:3:5 a\n    config.json:9:1 b",
    ]);
    expect(lines(rejected, rejected)).toEqual([]);
    expect(lines(rejected, aStatus())).toEqual(["success configuration is valid again"]);
    expect(lines(rejected, reloaded)).toEqual(["success configuration reloaded"]);
    expect(lines(aStatus({ config: { ...config, revision: 0 } }), aStatus())).toEqual([]);
  });

  test("clients are counted, streams and calls are not", () => {
    const sessions = (streamable: number, sse: number, streams = 0) =>
      aStatus({ sessions: { streamable, sse, streams } });
    expect(lines(sessions(0, 0), sessions(1, 0))).toEqual(["info 1 client connected"]);
    expect(lines(sessions(1, 0), sessions(1, 2))).toEqual(["info 3 clients connected"]);
    expect(lines(sessions(1, 0), sessions(0, 0))).toEqual(["info no client connected"]);
    expect(lines(sessions(1, 0, 1), sessions(0, 1, 9))).toEqual([]);
  });

  test("a hundred faults become ten and a count", () => {
    const faults = Array.from({ length: 100 }, (_, n) => `fault ${n}`);
    expect(lines(aStatus(), aStatus({ config: { ...config, faults } }))[0]).toEndWith("\n    … and 90 more");
  });
});

describe("the repeat filter", () => {
  const between = (was: Partial<ServerStatus>, is: Partial<ServerStatus>) =>
    eventsBetween(aStatus({ servers: [aServer("web", was)] }), aStatus({ servers: [aServer("web", is)] }), 0);

  test("drops a failure that repeats though its fault was cleared in between, until the server was up", () => {
    const filter = new RepeatFilter(5_000);
    const failing = between({ state: "starting" }, { state: "backing-off", fault: aFault("refused") });
    const ready = between({ state: "starting" }, { state: "ready" });
    const verdicts = [...failing, ...failing, ...ready, ...failing, ...ready, ...ready].map(
      (event) => filter.judge(event, 0).kind,
    );
    expect(verdicts).toEqual(["show", "drop", "show", "show", "show", "show"]);
  });

  test("holds client counts back and shows only a count that is new", () => {
    const filter = new RepeatFilter(5_000);
    const [one, two] = [1, 2].map(
      (count) =>
        eventsBetween(aStatus(), aStatus({ sessions: { streamable: count, sse: 0, streams: 0 } }), 0)[0],
    );
    if (one === undefined || two === undefined) throw new Error("no events");
    expect(filter.judge(one, 0)).toEqual({ kind: "show" });
    expect(filter.judge(two, 1_000)).toEqual({ kind: "later", atMs: 5_000 });
    expect(filter.judge(one, 5_000)).toEqual({ kind: "drop" });
    expect(filter.judge(two, 5_000)).toEqual({ kind: "show" });
  });
});
