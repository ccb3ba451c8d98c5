/** What a call of `bash_session` asks for. */
import { limits } from "@mcp-gateway/kit/limits";
import { type CallArguments, type CallBounds, readCallArguments } from "@mcp-gateway/shell-core";

export const sessionActions = ["run", "open", "interrupt", "close", "list"] as const;
export const interruptSignals = ["SIGINT", "SIGTERM", "SIGKILL"] as const;
type InterruptSignal = (typeof interruptSignals)[number];

export type SessionRequest =
  | { readonly action: "run"; readonly session: string | undefined; readonly values: CallArguments }
  | { readonly action: "open"; readonly values: CallArguments }
  | { readonly action: "interrupt"; readonly session: string; readonly signal: InterruptSignal }
  | { readonly action: "close"; readonly session: string }
  | { readonly action: "list" };

const names = ["action", "session", "command", "cwd", "timeoutMs", "env", "signal"];
/** Which arguments an action takes besides `action`. */
const taken: Readonly<Record<(typeof sessionActions)[number], readonly string[]>> = {
  run: ["session", "command", "cwd", "timeoutMs", "env"],
  open: ["cwd", "env"],
  interrupt: ["session", "signal"],
  close: ["session"],
  list: [],
};

/** @returns the faults as sentences when it can't be understood */
export function readSessionRequest(given: unknown, bounds: CallBounds): SessionRequest | readonly string[] {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return ["The arguments must be an object."];
  const values = new Map<string, unknown>(Object.entries(given));
  const action = sessionActions.find((one) => one === (values.get("action") ?? "run"));
  if (action === undefined) return [`\`action\` must be one of ${sessionActions.join(", ")}.`];
  const faults = [...values.keys()].flatMap((name) => nameFaults(name, action));
  const session = values.get("session");
  if (session !== undefined && !isName(session))
    faults.push("`session` must be the id that an earlier call returned.");
  if ((action === "interrupt" || action === "close") && session === undefined)
    faults.push(`\`session\` is needed: ${action} which one?`);
  if (action === "run" && session !== undefined) {
    if (values.has("cwd"))
      faults.push("`cwd` is for a new session; in one that exists, use `cd` in `command`.");
    if (values.has("env"))
      faults.push("`env` is for a new session; in one that exists, use `export` in `command`.");
  }
  const signal = interruptSignals.find((one) => one === (values.get("signal") ?? "SIGINT"));
  if (signal === undefined) faults.push(`\`signal\` must be one of ${interruptSignals.join(", ")}.`);
  const read = readCallArguments(
    {
      command: action === "run" ? values.get("command") : ":",
      cwd: values.get("cwd"),
      timeoutMs: values.get("timeoutMs"),
      env: values.get("env"),
    },
    bounds,
  );
  if (!read.isValid) faults.push(...read.faults);
  if (faults.length > 0 || signal === undefined || !read.isValid) return faults;
  const id = typeof session === "string" ? session : undefined;
  switch (action) {
    case "run":
      return { action, session: id, values: read.values };
    case "open":
      return { action, values: read.values };
    case "interrupt":
      return { action, session: id ?? "", signal };
    case "close":
      return { action, session: id ?? "" };
    case "list":
      return { action };
    default:
      return action satisfies never;
  }
}

function nameFaults(name: string, action: (typeof sessionActions)[number]): string[] {
  if (!names.includes(name))
    return [`There is no argument ${JSON.stringify(name)}; the arguments are ${names.join(", ")}.`];
  return name === "action" || taken[action].includes(name) ? [] : [`\`${name}\` means nothing to ${action}.`];
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.length <= limits.shellNameCharsMax;
}
