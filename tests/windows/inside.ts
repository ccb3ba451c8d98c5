/**
 * Runs inside Wine, with the real bun.exe: `inside.ts REPORT STAND-IN all|localized [NAME]`. Tells each check as it
 * ends, and writes the report into the file.
 */
import { writeFileSync } from "node:fs";
import { say } from "../support/say.ts";
import { type CheckOutcome, outcomeLine, runChecks } from "./checks/check.ts";
import { HostileCount, hostileChecks } from "./checks/hostile.ts";
import { localizedChecks } from "./checks/localized.ts";
import { standInChecks } from "./checks/stand-in.ts";
import { selfTestGroups } from "./self-test.ts";

export interface Report {
  readonly outcomes: readonly CheckOutcome[];
  readonly hostileInputs: number;
}

async function all(standIn: string): Promise<Report> {
  const count = new HostileCount();
  const groups = [
    ...(await selfTestGroups()),
    { group: "powershell, stand-in", checks: standInChecks(standIn) },
    { group: "hostile", checks: hostileChecks(standIn, count) },
  ];
  const outcomes = await runChecks(groups, tell, wanted);
  return { outcomes, hostileInputs: count.total };
}

function tell(outcome: CheckOutcome): void {
  say(outcomeLine(outcome));
}

const [file = "report.json", standIn = "powershell.exe", what, wanted = ""] = process.argv.slice(2);
const report: Report =
  what === "localized"
    ? {
        outcomes: await runChecks([{ group: "cmd, Chinese", checks: localizedChecks }], tell, wanted),
        hostileInputs: 0,
      }
    : await all(standIn);
writeFileSync(file, JSON.stringify(report));
