/** The terminal: the start panel, servers as they come up, what they offer, and then one line an event. */
import type { StatusReport, ToolReport } from "@mcp-gateway/contract";
import { type Clock, type Log, limits, messageOf, systemClock } from "@mcp-gateway/kit";
import { plainText } from "@mcp-gateway/kit/terminal-text";
import { type EventPrinter, eventMessage, LinePrinter } from "./event-printer.ts";
import { type ConsoleEvent, type EventTone, eventsBetween } from "./events.ts";
import { blank, type Line, type PanelFacts, startPanel } from "./panel.ts";
import { RepeatFilter } from "./repeat-filter.ts";
import { Screen, type TextStream } from "./screen.ts";
import { areSettled, serverLines } from "./server-lines.ts";
import { type OfferedNames, summaryPanel } from "./summary.ts";

export interface ConsoleOptions {
  readonly stream: TextStream;
  readonly isTty: boolean;
  /** A function where the window can change. */
  readonly columns: number | (() => number | undefined);
  readonly rows?: number | (() => number | undefined);
  readonly log: Log;
  /** A consola instance on the same stream; plain lines without one. */
  readonly printer?: EventPrinter;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** Unix milliseconds, which "retry in" is worked out from. */
  readonly wallMs?: () => number;
}

/** What the servers have for clients. */
export interface Offer {
  readonly tools: ToolReport["tools"];
  readonly names: OfferedNames;
}

/** Terminals that say nothing of their size, and pipes. */
const columnsUnknown = 100;
const columnsMin = 40;
const rowsUnknown = 24;

export class ConsoleView {
  readonly #options: ConsoleOptions;
  readonly #screen: Screen;
  readonly #printer: EventPrinter;
  readonly #filter = new RepeatFilter(limits.consoleSessionsEveryMs);
  readonly #clock: Clock;
  readonly #wallMs: () => number;
  #phase: "starting" | "settled" | "closed" = "starting";
  #last: StatusReport | undefined;
  #panelRows = 0;
  #supervisorWasLost = false;
  #heldSessions: ConsoleEvent | undefined;
  #cancelHeld: (() => void) | undefined;

  constructor(options: ConsoleOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#wallMs = options.wallMs ?? Date.now;
    this.#screen = new Screen(options.stream, mayUseAnsi(options), (cause) => {
      options.log.warning("console can't be written", { error: messageOf(cause) });
    });
    this.#printer = options.printer ?? new LinePrinter((text) => this.#screen.print(plainLines(text)));
  }

  /** The gateway listens. */
  started(facts: PanelFacts): void {
    const panel = startPanel(facts, this.#columns());
    this.#panelRows = panel.length;
    this.#screen.print(panel);
  }

  /**
   * Something changed. Cheap when nothing did that people would see.
   * @param offer asked once, for the summary: there may be thousands of tools
   */
  update(status: StatusReport, offer: () => Offer): void {
    const before = this.#last;
    this.#last = status;
    switch (this.#phase) {
      case "starting":
        this.#updateStarting(before, status, offer);
        return;
      case "settled":
        if (before !== undefined)
          for (const event of eventsBetween(before, status, this.#wallMs())) this.#show(event);
        return;
      case "closed":
        return;
      default: {
        const never: never = this.#phase;
        return never;
      }
    }
  }

  /** Something that no report shows, such as the end. */
  event(tone: EventTone, text: string): void {
    this.#print({ tone, text: plainText(text), more: [] });
    this.#drawStarting();
  }

  /** Nothing is written any more; the terminal is left with a clean last line. */
  close(): void {
    this.#phase = "closed";
    this.#cancelHeld?.();
    this.#screen.removeBlock();
  }

  #updateStarting(before: StatusReport | undefined, status: StatusReport, offer: () => Offer): void {
    // Before the first word of the supervisor there are no servers to wait for, and so none settled.
    const isSettled = status.supervisor.connected && areSettled(status.servers);
    // The first report may have faults already. The summary tells them, too; but it waits for the slowest.
    const from = before ?? (isSettled ? status : atRest(status));
    for (const event of eventsBetween(from, status, this.#wallMs()))
      if (this.#isForStart(event) && (before !== undefined || event.tone !== "info")) this.#show(event);
    if (!isSettled) {
      this.#drawStarting();
      return;
    }
    this.#phase = "settled";
    this.#screen.removeBlock();
    // What the summary tells is said, so that the next try of a failing server is no news.
    for (const event of eventsBetween(atRest(status), status, this.#wallMs()))
      this.#filter.judge(event, this.#clock.nowMs());
    if (!this.#canDrawBlock()) this.#screen.print([blank]);
    const { tools, names } = offer();
    const rows = this.#canDrawBlock() ? knownSize(this.#options.rows, rowsUnknown) : Number.POSITIVE_INFINITY;
    const rowsMax = rows - this.#panelRows - 1;
    this.#screen.print(summaryPanel(status, tools, names, this.#columns(), this.#wallMs(), rowsMax));
  }

  /** Who appears and who connects is told by the summary, and by the block where there can be one. */
  #isForStart({ subject, key }: ConsoleEvent): boolean {
    if (subject === "supervisor") {
      if (key === "lost") this.#supervisorWasLost = true;
      return this.#supervisorWasLost;
    }
    return (
      subject === "config" || (subject.startsWith("server:") && key !== "added" && !this.#canDrawBlock())
    );
  }

  /** In a window narrower than the lines, a line takes two rows and the block's height would be wrong. */
  #canDrawBlock(): boolean {
    return this.#screen.canRedraw && knownSize(this.#options.columns, columnsUnknown) >= columnsMin;
  }

  /** The block of servers, while they come up. */
  #drawStarting(): void {
    if (this.#phase !== "starting" || this.#last === undefined || !this.#canDrawBlock()) return;
    // Higher than the window, the block's top could not be reached any more to draw over it.
    const max = Math.max(1, Math.min(limits.consoleLinesMax, knownSize(this.#options.rows, rowsUnknown) - 3));
    this.#screen.drawBlock(serverLines(this.#last.servers, this.#columns() - 1, this.#wallMs(), max));
  }

  #show(event: ConsoleEvent): void {
    const verdict = this.#filter.judge(event, this.#clock.nowMs());
    switch (verdict.kind) {
      case "show":
        this.#print(event);
        return;
      case "drop":
        return;
      case "later":
        this.#hold(event, verdict.atMs);
        return;
      default: {
        const never: never = verdict;
        return never;
      }
    }
  }

  #hold(event: ConsoleEvent, atMs: number): void {
    this.#heldSessions = event;
    this.#cancelHeld ??= this.#clock.after(atMs - this.#clock.nowMs(), () => {
      this.#cancelHeld = undefined;
      const held = this.#heldSessions;
      this.#heldSessions = undefined;
      if (held !== undefined && this.#phase !== "closed") this.#show(held);
    });
  }

  #print(event: Pick<ConsoleEvent, "tone" | "text" | "more">): void {
    if (this.#phase === "closed") return;
    this.#screen.removeBlock();
    this.#printer[event.tone](eventMessage(event));
  }

  #columns(): number {
    return Math.max(columnsMin, knownSize(this.#options.columns, columnsUnknown));
  }
}

/** The same before any of its servers was started. */
function atRest(status: StatusReport): StatusReport {
  return {
    ...status,
    servers: status.servers.map((server) => ({ ...server, state: "waiting", fault: null, warnings: [] })),
  };
}

/** https://no-color.org: set to anything means no. A dumb terminal can't move its cursor. */
function mayUseAnsi({ isTty, environment = process.env }: ConsoleOptions): boolean {
  const noColour = environment["NO_COLOR"];
  return isTty && (noColour === undefined || noColour === "") && environment["TERM"] !== "dumb";
}

function knownSize(value: ConsoleOptions["rows"], otherwise: number): number {
  const known = typeof value === "function" ? value() : value;
  return known === undefined || !(known > 0) ? otherwise : known;
}

function plainLines(text: string): Line[] {
  return text.split("\n").map((line) => ({ text: line, tone: "plain" }));
}
