/** The terminal, with consola for the events. Apart, because it is a sixth of the process, and few have a terminal. */
import { createConsola } from "consola";
import type { ConsoleOptions } from "./console-view.ts";

export function terminalOutput(): Pick<ConsoleOptions, "stream" | "isTty" | "columns" | "rows" | "printer"> {
  const { stdout } = process;
  return {
    stream: stdout,
    isTty: stdout.isTTY === true,
    columns: () => stdout.columns,
    rows: () => stdout.rows,
    printer: createConsola({ stdout, stderr: stdout, formatOptions: { date: false } }),
  };
}
