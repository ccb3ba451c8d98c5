/** The one place that every command passes before it is started: what the policy makes of it, or why it may not run. */
import type { CommandRequest } from "../run-command.ts";
import { commandRefusal } from "./check-command.ts";
import { confinedArguments, confinedEnvironment, confining } from "./confinement.ts";
import { policedEnvironment, setByCall } from "./environment.ts";
import { policedPlace } from "./place.ts";
import { DryRun, PolicyFault, type ShellPolicy } from "./policy.ts";

export type Launch = Pick<CommandRequest, "argv" | "cwd" | "env" | "source">;

/**
 * @throws PolicyFault when the policy does not let it run
 * @throws DryRun when it would run, but is only to be shown
 */
export function policedLaunch<L extends Launch>(
  policy: ShellPolicy,
  launch: L,
  own: Readonly<Record<string, string | undefined>> = process.env,
): L {
  const refusal = commandRefusal(policy, launch.source, setByCall(launch.env, own));
  if (refusal !== undefined) throw new PolicyFault(refusal);
  const cwd = policedPlace(policy.cwdWithin, launch.cwd);
  const passed = policedEnvironment(policy, launch.env, own);
  const policed: L = {
    ...launch,
    cwd,
    env: confinedEnvironment(policy, passed, own),
    argv: confinedArguments(policy, launch.argv, confining()),
  };
  if (policy.isDryRun) throw new DryRun(dryRunText(policy, { ...launch, cwd, env: passed }, own));
  return policed;
}

/** Names of variables, never their values: they may be secrets. */
function dryRunText(
  policy: ShellPolicy,
  { argv, cwd, env, source }: Launch,
  own: Readonly<Record<string, string | undefined>>,
): string {
  const set = setByCall(env, own);
  const lines = [
    "Dry run: nothing was run. The policy allows it, and without the dry run this would be:",
    `command: ${source?.text ?? argv.map((part) => JSON.stringify(part)).join(" ")}`,
    `program: ${argv[0]}`,
    `in: ${cwd}`,
    `as: ${policy.user === undefined ? "the user of this server" : `${policy.user.name} (uid ${policy.user.uid})`}`,
    `variables: ${Object.keys(env).length}, of which the call sets ${set.length === 0 ? "none" : set.join(", ")}`,
  ];
  if (policy.isReadOnly) {
    const writable = policy.writable.length === 0 ? "" : `, except ${policy.writable.join(", ")}`;
    lines.push(`files: read-only${writable}`);
  }
  return lines.join("\n");
}
