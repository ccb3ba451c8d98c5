/** What people see on the terminal. */
export { type ConnectFacts, localAddress, outsideAddress } from "./connect-lines.ts";
export { type ConsoleOptions, ConsoleView } from "./console-view.ts";
export type { EventPrinter } from "./event-printer.ts";
export { type ConsoleEvent, type EventTone, eventsBetween } from "./events.ts";
export { type PanelFacts, startPanel } from "./panel.ts";
export { type OfferedNames, summaryPanel } from "./summary.ts";
