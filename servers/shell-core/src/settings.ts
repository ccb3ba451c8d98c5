/** What a command server's own command line may set; everything has a default. */
import { parseArgs } from "node:util";
import { limits } from "@mcp-gateway/kit/limits";

export interface ShellSettings {
  readonly timeoutMs: number;
  readonly timeoutMsMax: number;
  readonly outputBytesMax: number;
  readonly callsMax: number;
}

export type ReadSettings =
  | { readonly isValid: true; readonly settings: ShellSettings }
  | { readonly isValid: false; readonly faults: readonly string[] };

const options = {
  "timeout-ms": { default: limits.shellTimeoutMs, min: 1, max: limits.shellTimeoutMsCeiling },
  "timeout-ms-max": { default: limits.shellTimeoutMsMax, min: 1, max: limits.shellTimeoutMsCeiling },
  "output-bytes": {
    default: limits.shellOutputBytesMax,
    min: limits.shellOutputBytesFloor,
    max: limits.shellOutputBytesCeiling,
  },
  calls: { default: limits.shellCallsMax, min: 1, max: limits.shellCallsCeiling },
} as const;
type Option = keyof typeof options;

export const settingsUsage: string = Object.entries(options)
  .map(([name, { default: value, min, max }]) => `  --${name} N   ${min} to ${max}, default ${value}`)
  .join("\n");

export function readSettings(args: readonly string[]): ReadSettings {
  const given = parse(args);
  if (typeof given === "string") return { isValid: false, faults: [given] };
  const faults: string[] = [];
  const numberOf = (name: Option): number => {
    const { default: byDefault, min, max } = options[name];
    const text = given[name];
    if (text === undefined) return byDefault;
    const value = /^\d{1,15}$/u.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    faults.push(`--${name} must be a whole number from ${min} to ${max}, ${JSON.stringify(text)} was given.`);
    return byDefault;
  };
  const timeoutMsMax = numberOf("timeout-ms-max");
  const settings: ShellSettings = {
    // A bound below the default time bounds the default too.
    timeoutMs:
      given["timeout-ms"] === undefined
        ? Math.min(limits.shellTimeoutMs, timeoutMsMax)
        : numberOf("timeout-ms"),
    timeoutMsMax,
    outputBytesMax: numberOf("output-bytes"),
    callsMax: numberOf("calls"),
  };
  if (faults.length === 0 && settings.timeoutMs > timeoutMsMax)
    faults.push(`--timeout-ms (${settings.timeoutMs}) is greater than --timeout-ms-max (${timeoutMsMax}).`);
  return faults.length > 0 ? { isValid: false, faults } : { isValid: true, settings };
}

function parse(args: readonly string[]): Partial<Record<Option, string>> | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        "timeout-ms": { type: "string" },
        "timeout-ms-max": { type: "string" },
        "output-bytes": { type: "string" },
        calls: { type: "string" },
      },
    });
    return values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
