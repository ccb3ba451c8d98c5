/** How an event's line looks. A consola instance fits `EventPrinter`; `LinePrinter` is for plain streams and tests. */
import type { ConsoleEvent, EventTone } from "./events.ts";

/** The part of a consola instance that is used. */
export type EventPrinter = Readonly<Record<EventTone, (message: string) => void>>;

const symbols: Readonly<Record<EventTone, string>> = { success: "✔", info: "ℹ", warn: "⚠", error: "✖" };

export class LinePrinter implements EventPrinter {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  success(message: string): void {
    this.#write(`${symbols.success} ${message}`);
  }
  info(message: string): void {
    this.#write(`${symbols.info} ${message}`);
  }
  warn(message: string): void {
    this.#write(`${symbols.warn} ${message}`);
  }
  error(message: string): void {
    this.#write(`${symbols.error} ${message}`);
  }
}

/** Faults of a configuration, for one: the first of them tell enough, the log has the rest. */
const moreLinesMax = 10;

/** One message, its further lines indented below the first. */
export function eventMessage(event: Pick<ConsoleEvent, "text" | "more">): string {
  const shown = event.more.slice(0, moreLinesMax).map((line) => `\n    ${line}`);
  const missing = event.more.length - shown.length;
  return `${event.text}${shown.join("")}${missing > 0 ? `\n    … and ${missing} more` : ""}`;
}
