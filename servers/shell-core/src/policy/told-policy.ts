/** The policy in sentences for the server's instructions, so that a model need not find it out by refusals. */
import type { CommandRule } from "./command-rules.ts";
import type { ShellPolicy } from "./policy.ts";

export function toldPolicy(policy: ShellPolicy): readonly string[] {
  const told: string[] = [];
  if (policy.isDryRun) told.push("This server shows what it would run, and runs nothing.");
  if (policy.allow.length > 0) told.push(`Only these commands may run: ${listed(policy.allow)}.`);
  if (policy.deny.length > 0) told.push(`These commands may not run: ${listed(policy.deny)}.`);
  if (policy.cwdWithin.length > 0)
    told.push(`Commands begin in ${policy.cwdWithin.join(", ")} or a folder below.`);
  if (policy.user !== undefined) told.push(`Commands run as the user ${policy.user.name}.`);
  if (policy.isReadOnly) {
    const places = [...policy.writable, "$TMPDIR"].join(", ");
    told.push(`Files can't be written, except in ${places}; what is in $TMPDIR ends with its command.`);
  }
  return told;
}

function listed(rules: readonly CommandRule[]): string {
  return rules.map(({ text }) => text).join(", ");
}
