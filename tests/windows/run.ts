/**
 * The servers for Windows, tested on Linux: the real servers in the real bun.exe under Wine 10, driven by a real
 * MCP client that runs there too, and once more through the gateway by a client outside. `bun tests/windows/run.ts`
 *
 * What it needs it installs by itself, once, into a cache (MCP_GATEWAY_WINE_ROOT says where else). What can't be
 * tested on this machine is skipped, loudly, and counts for nothing. The last line is `N passed, N failed`.
 */
import { writeFileSync } from "node:fs";
import { messageOf } from "@mcp-gateway/kit/errors";
import { say } from "../support/say.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type CheckOutcome, outcomeLine, runChecks } from "./checks/check.ts";
import { grammarChecks } from "./grammar.ts";
import { checksInWine, outcomeOf } from "./in-wine-checks.ts";
import { ensurePackages, placeStandIn } from "./packages.ts";
import { throughGateway } from "./through-gateway.ts";
import { ensureWineRoot, wineImpossible } from "./wine-root.ts";

/** While a check is written: only those in whose name this stands. */
const wanted = process.argv[2] ?? "";
/** Far below what there is; a list that was emptied by mistake would show. */
const hostileInputsMin = 200;

function tell(outcome: CheckOutcome): void {
  say(outcomeLine(outcome));
}

function skipped(what: string, why: string): CheckOutcome {
  say(`\n*** SKIPPED: ${what} was not tested, because ${why} ***\n`);
  return { name: what, state: "skipped", note: why, ms: 0 };
}

/** @returns why not, or undefined when it is there now */
async function prepared(prepare: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await prepare();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function checkAll(): Promise<CheckOutcome[]> {
  const noPackages = await prepared(ensurePackages);
  if (noPackages !== undefined) return [skipped("everything for Windows", noPackages)];
  const grammar = await runChecks([{ group: "grammar", checks: await grammarChecks() }], tell);
  const impossible = (await wineImpossible()) ?? (await prepared(ensureWineRoot));
  if (impossible !== undefined) return [...grammar, skipped("everything under Wine", impossible)];
  using tools = tempDir("wine");
  await placeStandIn(tools.path);
  const main = await checksInWine("all", tools.path, {}, tell, wanted);
  const [localized, gateway] = await Promise.all([
    checksInWine("localized", tools.path, { LC_ALL: "zh_CN.UTF-8" }, tell, wanted),
    throughGateway(tools.path, tell, wanted),
  ]);
  say(`hostile inputs: ${main.hostileInputs}`);
  const enough = main.hostileInputs >= hostileInputsMin || wanted !== "" ? "" : `only ${main.hostileInputs}`;
  const counted = outcomeOf(`hostile: at least ${hostileInputsMin} inputs were tried`, enough);
  return [...grammar, ...main.outcomes, ...localized.outcomes, ...gateway, counted];
}

const startedAtMs = performance.now();
const outcomes = await checkAll();
const of = (state: CheckOutcome["state"]): CheckOutcome[] => outcomes.filter((one) => one.state === state);
const [passed, failed, skips] = [of("passed"), of("failed"), of("skipped")];
say("");
for (const outcome of [...failed, ...skips]) tell(outcome);
const totals = process.env["MGW_TOTALS_FILE"];
if (totals !== undefined)
  writeFileSync(
    totals,
    JSON.stringify({ passed: passed.length, failed: failed.length, skipped: skips.length }),
  );
say(`${skips.length} skipped, ${Math.round((performance.now() - startedAtMs) / 1_000)} s`);
say(`${passed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
