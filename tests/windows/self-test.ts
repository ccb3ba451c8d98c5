/**
 * For a person at a Windows machine: `bun tests/windows/self-test.ts` after `bun install`. Starts each of the
 * three servers for Windows, asks them harmless things, and prints what is right and what is not.
 */
import { say } from "../support/say.ts";
import { type CheckOutcome, outcomeLine, runChecks } from "./checks/check.ts";
import { cmdChecks } from "./checks/cmd.ts";
import { powerShellChecks } from "./checks/powershell.ts";
import { wmiChecks } from "./checks/wmi.ts";

export async function selfTest(tell: (outcome: CheckOutcome) => void): Promise<readonly CheckOutcome[]> {
  return [
    ...(await runChecks("cmd", cmdChecks, tell)),
    ...(await runChecks("Windows PowerShell", await powerShellChecks("windows"), tell)),
    ...(await runChecks("PowerShell 7", await powerShellChecks("core"), tell)),
    ...(await runChecks("wmi", wmiChecks, tell)),
  ];
}

if (import.meta.main) {
  if (process.platform === "win32") {
    const outcomes = await selfTest((outcome) => say(outcomeLine(outcome)));
    const count = (state: CheckOutcome["state"]): number =>
      outcomes.filter((outcome) => outcome.state === state).length;
    say(`\n${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`);
    process.exitCode = count("failed") === 0 ? 0 : 1;
  } else {
    say(
      "These servers are for Windows; this is another system. `bun tests/windows/run.ts` tests them under Wine.",
    );
    process.exitCode = 2;
  }
}
