/** What a command server's own command line and environment may set; everything has a default. */
import { limits } from "@mcp-gateway/kit/limits";
import { type NumberOption, type OptionTable, OptionValues, variableOf } from "./option-values.ts";
import { policyOptions, readPolicy } from "./policy/options.ts";
import type { ShellPolicy } from "./policy/policy.ts";

export interface ShellSettings {
  readonly timeoutMs: number;
  readonly timeoutMsMax: number;
  readonly outputBytesMax: number;
  readonly callsMax: number;
}

interface Faults {
  readonly isValid: false;
  readonly faults: readonly string[];
}
type Environment = Readonly<Record<string, string | undefined>>;

export type ReadSettings = { readonly isValid: true; readonly settings: ShellSettings } | Faults;

/** @typeParam Own names of the numbers that one server has besides those that all share */
export type ReadOptions<Own extends string> =
  | {
      readonly isValid: true;
      readonly settings: ShellSettings;
      readonly policy: ShellPolicy;
      readonly own: Readonly<Record<Own, number>>;
    }
  | Faults;

const shared = {
  "timeout-ms": number(limits.shellTimeoutMs, 1, limits.shellTimeoutMsCeiling),
  "timeout-ms-max": number(limits.shellTimeoutMsMax, 1, limits.shellTimeoutMsCeiling),
  "output-bytes": number(
    limits.shellOutputBytesMax,
    limits.shellOutputBytesFloor,
    limits.shellOutputBytesCeiling,
  ),
  calls: number(limits.shellCallsMax, 1, limits.shellCallsCeiling),
} as const;

/** For a server that keeps to no policy: it must not be given one, which would be believed in vain. */
export function readSettings(args: readonly string[], environment: Environment = process.env): ReadSettings {
  const inVain = Object.keys(policyOptions)
    .map(variableOf)
    .filter((variable) => (environment[variable] ?? "") !== "");
  if (inVain.length > 0)
    return { isValid: false, faults: [`This server keeps to no policy, but ${inVain.join(", ")} is set.`] };
  const values = OptionValues.read(shared, args, environment);
  if (typeof values === "string") return { isValid: false, faults: [values] };
  const settings = settingsOf(values);
  return values.faults.length > 0 ? { isValid: false, faults: values.faults } : { isValid: true, settings };
}

/** Settings, policy, and the server's own numbers. */
export function readOptions<Own extends string = never>(
  args: readonly string[],
  own: Readonly<Record<Own, NumberOption>> | undefined = undefined,
  environment: Environment = process.env,
): ReadOptions<Own> {
  const table: OptionTable = { ...shared, ...policyOptions, ...own };
  const values = OptionValues.read(table, args, environment);
  if (typeof values === "string") return { isValid: false, faults: [values] };
  const settings = settingsOf(values);
  const policy = readPolicy(values);
  // Each name of `own` gets its number, which is what the type says.
  const numbers = Object.fromEntries(
    Object.keys(own ?? {}).map((name) => [name, values.number(name)]),
  ) as Readonly<Record<Own, number>>;
  if (policy === undefined || values.faults.length > 0) return { isValid: false, faults: values.faults };
  return { isValid: true, settings, policy, own: numbers };
}

export function number(byDefault: number, min: number, max: number): NumberOption {
  return { kind: "number", byDefault, min, max };
}

function settingsOf(values: OptionValues): ShellSettings {
  const timeoutMsMax = values.number("timeout-ms-max");
  const settings: ShellSettings = {
    // A bound below the default time bounds the default too.
    timeoutMs: values.isGiven("timeout-ms")
      ? values.number("timeout-ms")
      : Math.min(limits.shellTimeoutMs, timeoutMsMax),
    timeoutMsMax,
    outputBytesMax: values.number("output-bytes"),
    callsMax: values.number("calls"),
  };
  if (values.faults.length === 0 && settings.timeoutMs > timeoutMsMax)
    values.fault(`--timeout-ms (${settings.timeoutMs}) is greater than --timeout-ms-max (${timeoutMsMax}).`);
  return settings;
}
