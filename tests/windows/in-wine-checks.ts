/** Runs `inside.ts` under Wine and reads its report. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { say } from "../support/say.ts";
import type { CheckOutcome } from "./checks/check.ts";
import type { Report } from "./inside.ts";
import { bunInWine, packagesFolder } from "./packages.ts";
import { startInRoot } from "./wine-root.ts";

/** Noise of bun.exe on Wine's file system, a line for each folder it looks into. */
export const noise = /directory mismatch for directory|XDG_RUNTIME_DIR is invalid|^$/u;

export async function checksInWine(
  what: "all" | "localized",
  tools: string,
  environment: Readonly<Record<string, string>>,
  tell: (outcome: CheckOutcome) => void,
  wanted: string,
): Promise<Report> {
  // Linux looks, too: a process of a family that Windows calls gone must not be there.
  const script = `wine '${bunInWine}' 'Z:\\repo\\tests\\windows\\inside.ts' 'Z:\\tools\\${what}.json' 'Z:\\tools\\powershell.exe' ${what} '${wanted}' || true
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -o 'sleeper[.]ts' > /tools/${what}.left || true`;
  const places = { tools, packages: packagesFolder };
  const run = await startInRoot(["sh", "-c", script], places, environment, (line) => {
    if (!noise.test(line)) say(line);
  }).ended;
  const report = readReport(join(tools, `${what}.json`));
  const left = join(tools, `${what}.left`);
  const orphans = existsSync(left) ? readFileSync(left, "utf8").split("\n").filter(Boolean).length : -1;
  const own = [
    outcomeOf(
      `${what}: the checks in Wine end with a report`,
      report === undefined ? `no report was written:\n${run.lastLines.join("\n")}` : "",
    ),
    outcomeOf(`${what}: Linux sees no process left`, orphans === 0 ? "" : `${orphans} are left`),
  ];
  for (const outcome of own) tell(outcome);
  return { outcomes: [...(report?.outcomes ?? []), ...own], hostileInputs: report?.hostileInputs ?? 0 };
}

function readReport(path: string): Report | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Report) : undefined; // Written by inside.ts.
}

/** @param fault empty when all is well */
export function outcomeOf(name: string, fault: string): CheckOutcome {
  return { name, state: fault === "" ? "passed" : "failed", note: fault, ms: 0 };
}
