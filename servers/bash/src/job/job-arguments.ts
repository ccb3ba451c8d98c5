/** What a call of `bash_job` asks for. */
import { limits } from "@mcp-gateway/kit/limits";
import { readCallArguments } from "@mcp-gateway/shell-core";
import type { StartRequest } from "./jobs.ts";

export const jobActions = ["start", "output", "wait", "stop", "list"] as const;
type Action = (typeof jobActions)[number];

export type JobRequest =
  | { readonly action: "start"; readonly values: StartRequest }
  /** Without an offset: the newest. */
  | {
      readonly action: "output" | "wait";
      readonly job: string;
      readonly offset: number | undefined;
      readonly waitMs: number;
    }
  | { readonly action: "stop"; readonly job: string }
  | { readonly action: "list" };

const names = ["action", "command", "cwd", "env", "timeoutMs", "job", "offset", "waitMs"];
const taken: Readonly<Record<Action, readonly string[]>> = {
  start: ["command", "cwd", "env", "timeoutMs"],
  output: ["job", "offset", "waitMs"],
  wait: ["job", "offset", "waitMs"],
  stop: ["job"],
  list: [],
};

/** @returns the faults as sentences when it can't be understood */
export function readJobRequest(given: unknown, jobMsMax: number): JobRequest | readonly string[] {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return ["The arguments must be an object with at least `action`."];
  const values = new Map<string, unknown>(Object.entries(given));
  const action = jobActions.find((one) => one === values.get("action"));
  if (action === undefined) return [`\`action\` must be one of ${jobActions.join(", ")}.`];
  const faults = [...values.keys()].flatMap((name) => nameFaults(name, action));
  switch (action) {
    case "list":
      return faults.length > 0 ? faults : { action };
    case "start":
      return startRequest(values, jobMsMax, faults);
    case "stop":
    case "output":
    case "wait":
      return aboutJob(action, values, faults);
    default:
      return action satisfies never;
  }
}

function startRequest(
  values: ReadonlyMap<string, unknown>,
  jobMsMax: number,
  faults: readonly string[],
): JobRequest | readonly string[] {
  const read = readCallArguments(
    {
      command: values.get("command"),
      cwd: values.get("cwd"),
      env: values.get("env"),
      timeoutMs: values.get("timeoutMs"),
    },
    { timeoutMs: jobMsMax, timeoutMsMax: jobMsMax },
  );
  if (!read.isValid) return [...faults, ...read.faults];
  return faults.length > 0 ? faults : { action: "start", values: read.values };
}

function aboutJob(
  action: "stop" | "output" | "wait",
  values: ReadonlyMap<string, unknown>,
  faults: string[],
): JobRequest | readonly string[] {
  const job = values.get("job");
  const offset = values.get("offset");
  const waitMs = values.get("waitMs") ?? (action === "wait" ? limits.shellJobWaitMs : 0);
  if (typeof job !== "string" || job === "" || job.length > limits.shellNameCharsMax)
    faults.push("`job` must be the id that `start` returned.");
  if (offset !== undefined && !isWholeNumber(offset, Number.MAX_SAFE_INTEGER))
    faults.push("`offset` must be a whole number: a `next` that an earlier call returned, or 0.");
  if (!isWholeNumber(waitMs, limits.shellJobWaitMsMax))
    faults.push(`\`waitMs\` must be a whole number from 0 to ${limits.shellJobWaitMsMax}.`);
  if (faults.length > 0) return faults;
  const id = String(job);
  if (action === "stop") return { action, job: id };
  return {
    action,
    job: id,
    offset: offset === undefined ? undefined : Number(offset),
    waitMs: Number(waitMs),
  };
}

function nameFaults(name: string, action: Action): string[] {
  if (!names.includes(name))
    return [`There is no argument ${JSON.stringify(name)}; the arguments are ${names.join(", ")}.`];
  return name === "action" || taken[action].includes(name) ? [] : [`\`${name}\` means nothing to ${action}.`];
}

function isWholeNumber(value: unknown, max: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max;
}
