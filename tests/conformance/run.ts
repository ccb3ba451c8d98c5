/**
 * Runs the official conformance suite through the gateway, against the project's own fixture behind
 * /servers/conformance/mcp, and compares with expected-failures.yaml.
 *
 *   bun tests/conformance/run.ts                     all scenarios, fixture on stdio and over HTTP
 *   bun tests/conformance/run.ts --backend stdio     one of the two
 *   bun tests/conformance/run.ts --scenario ping     one scenario; may be repeated
 *   bun tests/conformance/run.ts --direct            the fixture without the gateway: proves the fixture
 *   bun tests/conformance/run.ts --url URL           something that runs already
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../support/free-port.ts";
import { startStack } from "../support/harness.ts";
import { say } from "../support/say.ts";
import { ensureThirdParty } from "../support/third-party.ts";
import { waitFor } from "../support/wait-for.ts";
import { listServerScenarios, runScenarios, type ScenarioResult } from "./suite.ts";

const fixture = join(import.meta.dir, "fixture.ts");

interface Target extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly expectsFailures: boolean;
}

const { values } = parseArgs({
  options: {
    backend: { type: "string", multiple: true, default: ["stdio", "http"] },
    scenario: { type: "string", multiple: true },
    direct: { type: "boolean", default: false },
    url: { type: "string" },
  },
});

async function direct(): Promise<Target> {
  const port = freePort();
  const child = Bun.spawn([process.execPath, fixture, "--port", String(port)], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  const url = `http://127.0.0.1:${port}/mcp`;
  await waitFor(async () => (await fetch(url, { method: "DELETE" })).status > 0, {
    what: "the fixture to listen",
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await child.exited;
  };
  return { name: "fixture itself", url, expectsFailures: false, [Symbol.asyncDispose]: stop };
}

async function throughGateway(backend: string): Promise<Target> {
  const port = freePort();
  const program = { command: process.execPath, args: [fixture] };
  const overHttp = {
    ...program,
    type: "http",
    url: `http://127.0.0.1:${port}/mcp`,
    env: { PORT: String(port) },
  };
  const stack = await startStack({ mcpServers: { conformance: backend === "http" ? overHttp : program } });
  return {
    name: `gateway, ${backend} backend`,
    url: stack.serverUrl("conformance", "mcp"),
    expectsFailures: true,
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

function expectedFailures(): Map<string, string> {
  // The file is ours and beside this one; a wrong shape shows at the first use.
  const parsed = Bun.YAML.parse(readFileSync(join(import.meta.dir, "expected-failures.yaml"), "utf8")) as {
    server: readonly { readonly scenario: string; readonly reason: string }[] | null;
  };
  return new Map((parsed.server ?? []).map(({ scenario, reason }) => [scenario, reason]));
}

/** One line for people; tells whether the scenario counts as passed. */
function judge(result: ScenarioResult, reason: string | undefined): boolean {
  const facts = `${result.passed} checks, ${result.durationMs} ms`;
  const hasFailed = result.faults.length > 0;
  for (const warning of result.warnings) say(`       warning: ${warning}`);
  if (!hasFailed && reason === undefined) say(`pass   ${result.scenario} (${facts})`);
  else if (hasFailed && reason !== undefined) say(`known  ${result.scenario}: ${reason}`);
  else if (!hasFailed) say(`STALE  ${result.scenario} passes: remove it from expected-failures.yaml`);
  else say(`FAIL   ${result.scenario} (${facts})\n       ${result.faults.join("\n       ")}`);
  return hasFailed === (reason !== undefined);
}

await ensureThirdParty();
const known = expectedFailures();
const all = await listServerScenarios();
const scenarios = values.scenario ?? all;
const unknown = [...known.keys()].filter((scenario) => !all.includes(scenario));
let failed = unknown.length;
let passed = 0;
for (const scenario of unknown)
  say(`STALE  ${scenario} is no scenario of the suite: remove it from expected-failures.yaml`);

const starts =
  values.url !== undefined
    ? [
        async (): Promise<Target> => ({
          name: values.url ?? "",
          url: values.url ?? "",
          expectsFailures: true,
          [Symbol.asyncDispose]: async () => undefined,
        }),
      ]
    : values.direct
      ? [direct]
      : values.backend.map((backend) => () => throughGateway(backend));

for (const start of starts) {
  await using target = await start();
  say(`\n${target.name}: ${target.url}`);
  for await (const result of runScenarios(scenarios, target.url)) {
    const { scenario } = result;
    if (judge(result, target.expectsFailures ? known.get(scenario) : undefined)) passed += 1;
    else failed += 1;
  }
}
say(`conformance: ${passed} passed, ${failed} failed`);
const totalsFile = process.env["MGW_TOTALS_FILE"];
if (totalsFile !== undefined) writeFileSync(totalsFile, JSON.stringify({ passed, failed }));
process.exitCode = failed === 0 ? 0 : 1;
