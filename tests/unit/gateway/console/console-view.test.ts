/** The whole view on a recording stream: as a terminal, as a pipe, and with a stream that breaks. */
import { describe, expect, test } from "bun:test";
import { Log, ManualClock } from "@mcp-gateway/kit";
import { type ConsoleOptions, ConsoleView } from "../../../../apps/gateway/src/console/console-view.ts";
import type { PanelFacts } from "../../../../apps/gateway/src/console/panel.ts";
import { aFault, aServer, aStatus, aTool, noNames } from "./reports.ts";

const facts: PanelFacts = {
  host: "127.0.0.1",
  port: 9000,
  machineAddresses: [],
  token: { kind: "none" },
  version: "0.1.0",
  configPath: "/c.json",
  logFile: "/l.log",
};

/** What a terminal would show: knows only the sequences that the view may use. */
class Terminal {
  readonly written: string[] = [];
  #rows: string[] = [""];
  #row = 0;

  write(text: string): void {
    this.written.push(text);
    for (const [piece] of text.matchAll(/\x1b\[(\d*)([A-Za-z])|\n|\r|[^\x1b\n\r]+/g)) {
      const sequence = /^\x1b\[(\d*)([A-Za-z])$/.exec(piece);
      if (piece === "\n") {
        this.#row += 1;
        this.#rows[this.#row] ??= "";
      } else if (sequence?.[2] === "A") this.#row -= Number(sequence[1]);
      else if (sequence?.[2] === "J") this.#rows = [...this.#rows.slice(0, this.#row), ""];
      else if (sequence?.[2] === "m" || piece === "\r") continue;
      else if (sequence !== null) throw new Error(`unexpected sequence ${JSON.stringify(piece)}`);
      else this.#rows[this.#row] = `${this.#rows[this.#row] ?? ""}${piece}`;
    }
    if (this.#row < 0) throw new Error("moved above the top");
  }

  get text(): string {
    return this.#rows.join("\n");
  }
}

function open(part: Partial<ConsoleOptions> = {}) {
  const stream = new Terminal();
  const clock = new ManualClock();
  const log = new Log("gateway", "critical", undefined);
  const view = new ConsoleView({
    stream,
    isTty: true,
    columns: 80,
    log,
    environment: {},
    clock,
    wallMs: () => 0,
    ...part,
  });
  return { stream, clock, view };
}

const none = () => ({ tools: [], names: noNames });
const tools = () => ({ tools: [aTool("bash", "bash", "Run a command.")], names: noNames });
const waiting = aStatus({ servers: [aServer("bash"), aServer("web", { transport: "sse" })] });
const half = aStatus({
  servers: [
    aServer("bash", { state: "ready", tools: 1 }),
    aServer("web", { state: "starting", transport: "sse" }),
  ],
});
const settled = aStatus({
  servers: [
    aServer("bash", { state: "ready", tools: 1 }),
    aServer("web", { state: "backing-off", transport: "sse", fault: aFault("refused") }),
  ],
});
const count = (text: string, part: string): number => text.split(part).length - 1;

describe("on a terminal", () => {
  test("the block of servers is drawn over while they start, and gives way to the summary", () => {
    const { stream, view } = open();
    view.started(facts);
    view.update(waiting, none);
    expect(stream.text).toMatch(/bash +stdio +waiting/);
    view.update(half, tools);
    expect(stream.text).toMatch(/bash +stdio +ready/);
    expect(count(stream.text, "bash ")).toBe(1);
    view.update(settled, tools);
    expect(stream.text).toContain("1 server ready, 1 needs attention");
    expect(stream.text).toContain("bash/bash  Run a command.");
    expect(count(stream.text, "MCP Gateway 0.1.0")).toBe(1);
    expect(stream.text).not.toMatch(/ starting/);
  });

  test("addresses, servers and faults are in the window when all have come up, however many tools there are", () => {
    const many = Array.from({ length: 90 }, (_, at) => aTool("bash", `tool${at}`, "x"));
    const { stream, view } = open({ rows: 34 });
    view.started(facts);
    view.update(settled, () => ({ tools: many, names: noNames }));
    expect(stream.text.split("\n").length).toBeLessThanOrEqual(34);
    expect(stream.text).toContain("http://127.0.0.1:9000/mcp");
    expect(stream.text).toContain("bash/tool3");
  });

  test("an unchanged report writes nothing", () => {
    const { stream, view } = open();
    view.update(waiting, none);
    const writes = stream.written.length;
    for (let round = 0; round < 10; round += 1) view.update(waiting, none);
    expect(stream.written).toHaveLength(writes);
  });

  test("an event while starting stands above the block, which is drawn again below", () => {
    const { stream, view } = open();
    view.update(waiting, none);
    view.event("warn", "something\x1b[2J happened");
    expect(stream.text.indexOf("something happened")).toBeGreaterThanOrEqual(0);
    expect(stream.text.indexOf("something happened")).toBeLessThan(stream.text.indexOf("waiting"));
    expect(count(stream.text, "web")).toBe(1);
  });

  test("the block is never higher than the window", () => {
    const many = aStatus({ servers: Array.from({ length: 100 }, (_, n) => aServer(`s${n}`)) });
    const { stream, view } = open({ rows: 10 });
    view.update(many, none);
    expect(stream.text.trimEnd().split("\n").length).toBeLessThan(10);
  });

  test.each([{ NO_COLOR: "1" }, { TERM: "dumb" }])("with %j no escape sequence is written", (environment) => {
    const { stream, view } = open({ environment });
    view.started(facts);
    for (const status of [waiting, half, settled]) view.update(status, tools);
    expect(stream.written.join("")).not.toContain("\x1b");
  });

  test("in a window narrower than the lines nothing is drawn over", () => {
    const { stream, view } = open({ columns: 30 });
    view.update(waiting, none);
    view.update(half, none);
    expect(stream.written.join("")).not.toContain("\x1b[1A");
    expect(stream.text).toContain("bash ready: 1 tool");
  });
});

describe("in a pipe", () => {
  const first = aStatus({
    servers: [
      aServer("bash", { state: "ready", tools: 1 }),
      aServer("bad", { state: "backing-off", fault: aFault("refused") }),
      aServer("slow", { state: "starting" }),
      aServer("cmd", { state: "skipped", note: "needs Windows" }),
    ],
  });

  test("faults that the first report has already do not wait for the slowest server", () => {
    const { stream, view } = open({ isTty: false });
    view.update(first, none);
    expect(stream.text).toContain("bash ready: 1 tool");
    expect(stream.text).toContain("bad not started: connect: refused");
    expect(stream.text).not.toMatch(/slow|cmd/);
    view.update(first, none);
    expect(count(stream.text, "bad not started")).toBe(1);
  });

  test("the summary alone tells of a start that is over with the first report", () => {
    const { stream, view } = open({ isTty: false });
    view.update(settled, tools);
    expect(stream.text).toContain("1 server ready, 1 needs attention");
    expect(stream.text).not.toContain("not started");
    expect(stream.text).not.toContain("bash ready:");
  });

  test("there is a line for each server as it comes up, then the summary, and no escape sequence", () => {
    const { stream, view } = open({ isTty: false });
    view.started(facts);
    view.update(waiting, none);
    view.update(half, tools);
    view.update(settled, tools);
    const written = stream.written.join("");
    expect(written).not.toContain("\x1b");
    expect(written).toContain("✔ bash ready: 1 tool\n");
    expect(written).toContain("⚠ web not started: connect: refused\n");
    expect(count(written, "1 server ready, 1 needs attention")).toBe(1);
  });
});

describe("after the start", () => {
  function settledView(part: Partial<ConsoleOptions> = {}) {
    const opened = open({ isTty: false, ...part });
    opened.view.update(settled, tools);
    opened.stream.written.length = 0;
    return opened;
  }

  test("what the summary has told is not told again by the next try", () => {
    const { stream, view } = settledView();
    const trying = aStatus({
      servers: [
        settled.servers[0] ?? aServer("bash"),
        aServer("web", { state: "starting", transport: "sse" }),
      ],
    });
    for (let round = 0; round < 5; round += 1) {
      view.update(trying, tools);
      view.update(settled, tools);
    }
    expect(stream.written).toEqual([]);
  });

  test("a loss and a recovery are one line each", () => {
    const { stream, view } = settledView();
    const [bash, web] = settled.servers;
    if (bash === undefined || web === undefined) throw new Error("no servers");
    view.update(
      aStatus({
        servers: [
          { ...bash, state: "backing-off", fault: aFault("exit code 1", "running"), nextTryAt: 250 },
          web,
        ],
      }),
      none,
    );
    view.update(settled, tools);
    expect(stream.written.join("")).toBe(
      "⚠ bash lost: running: exit code 1; retry in 1s\n    │ said on stderr\n    → Start the program, or check its url.\n✔ bash recovered: 1 tool\n",
    );
  });

  test("a thousand clients make a line now and one when the time is over, with the last count", () => {
    const { stream, clock, view } = settledView();
    for (let clients = 1; clients <= 1_000; clients += 1) {
      view.update({ ...settled, sessions: { streamable: clients, sse: 0, streams: 0 } }, tools);
    }
    expect(stream.written.join("")).toBe("ℹ 1 client connected\n");
    clock.advance(60_000);
    expect(stream.written.join("")).toBe("ℹ 1 client connected\nℹ 1000 clients connected\n");
    expect(clock.pendingTimers).toBe(0);
  });

  test("after close nothing is written and no timer is left", () => {
    const { stream, clock, view } = settledView();
    view.update({ ...settled, sessions: { streamable: 1, sse: 0, streams: 0 } }, tools);
    view.update({ ...settled, sessions: { streamable: 2, sse: 0, streams: 0 } }, tools);
    expect(clock.pendingTimers).toBe(1);
    view.close();
    expect(clock.pendingTimers).toBe(0);
    const writes = stream.written.length;
    clock.advance(60_000);
    view.update(settled, tools);
    view.event("info", "late");
    expect(stream.written).toHaveLength(writes);
  });

  test("events go through the printer that is given", () => {
    const said: string[] = [];
    const say = (tone: string) => (message: string) => said.push(`${tone} ${message}`);
    const printer = { success: say("success"), info: say("info"), warn: say("warn"), error: say("error") };
    const { view } = settledView({ printer });
    view.update({ ...settled, supervisor: { connected: false, pid: null, startedAt: null } }, tools);
    expect(said[0]).toStartWith("error supervisor lost");
  });
});

describe("before the servers", () => {
  test("a supervisor that was never there is not called lost, and nothing is settled without it", () => {
    const away = aStatus({ supervisor: { connected: false, pid: null, startedAt: null } });
    const { stream, view } = open({ isTty: false });
    view.update(away, none);
    view.update(waiting, none);
    expect(stream.written).toEqual([]);
    view.update(away, none);
    view.update(waiting, none);
    expect(stream.written.join("")).toMatch(/supervisor lost[\s\S]*supervisor connected/);
  });
});

test("a stream that breaks is written no more, and takes nothing down", () => {
  let tries = 0;
  const stream = {
    write(): void {
      tries += 1;
      throw new Error("EPIPE");
    },
  };
  const { view } = open({ stream });
  view.started(facts);
  for (const status of [waiting, half, settled]) view.update(status, tools);
  expect(tries).toBe(1);
});
