/** The arguments that every command tool takes: their schema, and what is wrong with the ones that came. */
import { statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { limits } from "@mcp-gateway/kit/limits";

export interface CallBounds {
  readonly timeoutMs: number;
  readonly timeoutMsMax: number;
}

export interface CallArguments {
  readonly command: string;
  /** Absolute, and there a moment ago. */
  readonly cwd: string;
  readonly timeoutMs: number;
  /** Only what the call sets. */
  readonly env: Readonly<Record<string, string>>;
}

export type ReadArguments =
  | { readonly isValid: true; readonly values: CallArguments }
  /** Every fault at once, each a sentence. */
  | { readonly isValid: false; readonly faults: readonly string[] };

/** JSON Schema of what all command tools have besides `command`. */
export function commonProperties(bounds: CallBounds) {
  return {
    cwd: {
      type: "string",
      description: "Directory to run in. It must exist. Default: the server's own working directory.",
    },
    timeoutMs: {
      type: "integer",
      minimum: 1,
      maximum: bounds.timeoutMsMax,
      default: bounds.timeoutMs,
      description:
        "Time limit in milliseconds. When it is over, the command and everything it started is killed.",
    },
    env: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "Environment variables to set for this command, on top of the server's own.",
    },
  } as const;
}

const known = ["command", "cwd", "timeoutMs", "env"] as const;

/** @param more names of arguments that the tool reads by itself */
export function readCallArguments(
  given: unknown,
  bounds: CallBounds,
  more: readonly string[] = [],
): ReadArguments {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return { isValid: false, faults: ["The arguments must be an object with at least `command`."] };
  const values = new Map<string, unknown>(Object.entries(given));
  const names: readonly string[] = [...known, ...more];
  const faults = [...values.keys()]
    .filter((name) => !names.includes(name))
    .map((name) => `There is no argument ${JSON.stringify(name)}; the arguments are ${names.join(", ")}.`);
  const timeoutMs = values.get("timeoutMs") ?? bounds.timeoutMs;
  const env = values.get("env") ?? {};
  const command = values.get("command");
  const cwd = values.get("cwd") ?? ".";
  faults.push(
    ...commandFaults(command),
    ...cwdFaults(cwd),
    ...timeoutFaults(timeoutMs, bounds),
    ...envFaults(env),
  );
  if (faults.length > 0) return { isValid: false, faults };
  return {
    isValid: true,
    values: {
      command: String(command),
      cwd: absolute(String(cwd)),
      timeoutMs: Number(timeoutMs),
      // Checked above: an object whose values are all strings.
      env: env as Readonly<Record<string, string>>,
    },
  };
}

function commandFaults(command: unknown): string[] {
  if (typeof command !== "string") return [`\`command\` must be a string, ${kindOf(command)} came.`];
  if (command.trim() === "") return ["`command` is empty."];
  if (command.includes("\0"))
    return [
      "`command` holds a NUL character, which no program can be given; write it as \\0 or $'\\0' of the shell.",
    ];
  const bytes = Buffer.byteLength(command);
  if (bytes > limits.shellCommandBytesMax)
    return [
      `\`command\` has ${bytes} bytes; the system takes at most ${limits.shellCommandBytesMax}. Write it into a file in several calls, then run the file.`,
    ];
  return [];
}

function cwdFaults(cwd: unknown): string[] {
  if (typeof cwd !== "string") return [`\`cwd\` must be a string, ${kindOf(cwd)} came.`];
  if (cwd === "" || cwd.includes("\0")) return ["`cwd` is empty or holds a NUL character."];
  try {
    const stat = statSync(absolute(cwd), { throwIfNoEntry: false });
    if (stat === undefined) return [`\`cwd\` does not exist: ${absolute(cwd)}`];
    return stat.isDirectory() ? [] : [`\`cwd\` is not a directory: ${absolute(cwd)}`];
  } catch (error) {
    return [`\`cwd\` can't be used: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function timeoutFaults(timeoutMs: unknown, { timeoutMsMax }: CallBounds): string[] {
  const isRight = Number.isInteger(timeoutMs) && Number(timeoutMs) >= 1 && Number(timeoutMs) <= timeoutMsMax;
  if (isRight && typeof timeoutMs === "number") return [];
  return [`\`timeoutMs\` must be a whole number from 1 to ${timeoutMsMax}, ${shown(timeoutMs)} came.`];
}

function envFaults(env: unknown): string[] {
  if (typeof env !== "object" || env === null || Array.isArray(env))
    return [`\`env\` must be an object of strings, ${kindOf(env)} came.`];
  const entries = Object.entries(env);
  if (entries.length > limits.shellEnvironmentEntriesMax)
    return [`\`env\` has ${entries.length} entries; at most ${limits.shellEnvironmentEntriesMax} are taken.`];
  return entries.flatMap(([name, value]) => {
    if (name === "" || /[=\0]/u.test(name))
      return [`\`env\`: ${JSON.stringify(name)} can't be the name of a variable.`];
    // The value may be a secret, so the message does not repeat it.
    if (typeof value !== "string") return [`\`env.${name}\` must be a string, ${kindOf(value)} came.`];
    return value.includes("\0") ? [`\`env.${name}\` holds a NUL character.`] : [];
  });
}

/** `~` is the shell's to expand, and no shell sees `cwd`; people and models write it nevertheless. */
function absolute(cwd: string): string {
  if (cwd === "~") return homedir();
  return cwd.startsWith("~/") ? join(homedir(), cwd.slice(2)) : resolve(cwd);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : kindOf(value);
}
