/**
 * For a person at a Windows machine: `bun install`, then `bun run self-test`. Starts each of the
 * three servers for Windows, asks them harmless things, and prints what is right and what is not.
 */
import { say } from "../support/say.ts";
import { type CheckGroup, type CheckOutcome, outcomeLine, runChecks } from "./checks/check.ts";
import { cmdChecks } from "./checks/cmd.ts";
import { policyChecks } from "./checks/policies.ts";
import { powerShellChecks } from "./checks/powershell.ts";
import { wmiChecks } from "./checks/wmi.ts";

export async function selfTestGroups(): Promise<readonly CheckGroup[]> {
  return [
    { group: "cmd", checks: cmdChecks },
    { group: "policies", checks: policyChecks },
    { group: "Windows PowerShell", checks: await powerShellChecks("windows") },
    { group: "PowerShell 7", checks: await powerShellChecks("core") },
    { group: "wmi", checks: wmiChecks },
  ];
}

if (import.meta.main) {
  if (process.platform === "win32") {
    const outcomes = await runChecks(await selfTestGroups(), (outcome) => say(outcomeLine(outcome)));
    const count = (state: CheckOutcome["state"]): number =>
      outcomes.filter((outcome) => outcome.state === state).length;
    say(`\n${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`);
    process.exitCode = count("failed") === 0 ? 0 : 1;
  } else {
    say("These servers are for Windows, and this is another system; on Linux, with the rights of root,");
    say("`bun run test --suite windows` tests them under Wine.");
    process.exitCode = 2;
  }
}
