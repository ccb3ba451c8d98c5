/**
 * The other side of the official suite: the gateway as the client of the suite's own servers, with a client of the
 * official SDK in front of it. The suite judges what reaches its servers.
 *
 *   bun tests/conformance/clients.ts                                      everything
 *   bun tests/conformance/clients.ts --suite 2026-07-28 --scenario tools_call
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureThirdParty } from "../support/third-party.ts";
import { inParallel, knownFailures, Tally } from "./report.ts";
import { requiredScenarios, runClientScenario, type ScenarioResult, suiteNames } from "./suites.ts";

const { values } = parseArgs({
  options: { suite: { type: "string", multiple: true }, scenario: { type: "string" } },
});

const command = `${process.execPath} ${join(import.meta.dir, "gateway-client.ts")}`;

await ensureThirdParty();
const tally = new Tally();
const jobs: (() => Promise<void>)[] = [];
const found = new Map<string, ScenarioResult[]>();
for (const suite of suiteNames.filter((name) => values.suite?.includes(name) ?? true)) {
  const results: ScenarioResult[] = [];
  found.set(suite, results);
  for (const scenario of await requiredScenarios(suite, "client")) {
    if ((values.scenario ?? scenario) !== scenario) continue;
    jobs.push(async () => {
      results.push(await runClientScenario(suite, scenario, command));
    });
  }
}
await inParallel(jobs, 3);
for (const suite of suiteNames) {
  const results = found.get(suite);
  if (results === undefined) continue;
  const expected = [...knownFailures("client", suite)].filter(([name]) => (values.scenario ?? name) === name);
  tally.take(`${suite}, the gateway as the client`, results, new Map(expected));
}
tally.end("conformance of the client side");
