/** Faults and warnings of a configuration, as lines. */
import { type ConfigFault, formatFault } from "@mcp-gateway/config";
import { printable } from "@mcp-gateway/kit/terminal-text";
import type { Paint } from "../terminal.ts";

export function faultLines(
  path: string,
  faults: readonly ConfigFault[],
  paint: Paint,
  base: string,
): readonly string[] {
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  return [
    `${paint.red("✖")} ${paint.bold(path)} has ${count}:`,
    ...faults.map((fault) => `  ${paint.red("•")} ${printable(formatFault(fault, base))}`),
  ];
}

export function warningLines(
  warnings: readonly ConfigFault[],
  paint: Paint,
  base: string,
): readonly string[] {
  return warnings.map((warning) => `${paint.yellow("⚠")} ${printable(formatFault(warning, base))}`);
}
