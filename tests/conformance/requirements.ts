/**
 * Runs the frozen requirements of each revision (suite 0.2.0) through the gateway, in front of the project's
 * fixture, and ends with how many required scenarios passed.
 *
 *   bun tests/conformance/requirements.ts                        2025-11-25 and 2026-07-28
 *   bun tests/conformance/requirements.ts --revision 2026-07-28  one of them
 *   bun tests/conformance/requirements.ts --backend stdio        another way to the fixture
 *
 * The fixture is reached over HTTP, where each question names the call it belongs to. On a shared pipe it does
 * not, and the suite leaves questions unanswered, so that the owner of the next one would be a guess.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../support/free-port.ts";
import { startStack } from "../support/harness.ts";
import { runProgram } from "../support/run-program.ts";
import { say } from "../support/say.ts";
import { tempDir } from "../support/temp-dir.ts";
import { ensureThirdParty, programs } from "../support/third-party.ts";

const { values } = parseArgs({
  options: {
    revision: { type: "string", multiple: true, default: ["2025-11-25", "2026-07-28"] },
    backend: { type: "string", default: "http" },
  },
});

interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

/** The scenarios that count for a server of this revision. */
function required(revision: string): readonly string[] {
  const path = join(programs.conformanceStateless, "../../requirements", `${revision}.yaml`);
  // The pinned suite's own file.
  const parsed = Bun.YAML.parse(readFileSync(path, "utf8")) as { server: readonly string[] };
  return parsed.server;
}

/** What the suite found, by scenario; it writes `server-<scenario>-<time>/checks.json`. */
function found(directory: string, scenario: string): readonly Check[] | undefined {
  const folder = readdirSync(directory).find((name) =>
    new RegExp(`^server-${scenario}-\\d{4}-`, "u").test(name),
  );
  const path = join(directory, folder ?? "none", "checks.json");
  if (folder === undefined || !existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, "utf8")) as Check[]; // The pinned suite's own format.
}

async function run(revision: string, url: string): Promise<{ passed: number; failed: number }> {
  using output = tempDir("requirements");
  const suite = [process.execPath, programs.conformanceStateless, "server"];
  await runProgram([...suite, "--url", url, "--requirements", revision, "-o", output.path], {
    environment: { HOME: output.path },
    timeoutMs: 120_000,
  });
  const totals = { passed: 0, failed: 0 };
  for (const scenario of required(revision)) {
    const checks = found(output.path, scenario);
    const faults = checks?.filter(({ status }) => status === "FAILURE") ?? [];
    const hasPassed = checks !== undefined && checks.length > 0 && faults.length === 0;
    totals[hasPassed ? "passed" : "failed"] += 1;
    if (!hasPassed) say(`FAIL   ${scenario}${checks === undefined ? ": it was not run" : ""}`);
    for (const { id, errorMessage } of faults) say(`       ${id}: ${errorMessage ?? "no reason given"}`);
    for (const { id, status, errorMessage } of checks ?? [])
      if (status === "WARNING") say(`       warning: ${scenario} ${id}: ${errorMessage ?? ""}`);
  }
  return totals;
}

await ensureThirdParty();
const port = freePort();
const program = { command: process.execPath, args: [join(import.meta.dir, "fixture.ts")] };
const overHttp = { type: "http", url: `http://127.0.0.1:${port}/mcp`, env: { PORT: String(port) } };
const server = values.backend === "http" ? { ...program, ...overHttp } : program;
await using stack = await startStack({ mcpServers: { conformance: server } });
const sum = { passed: 0, failed: 0 };
for (const revision of values.revision) {
  const { passed, failed } = await run(revision, stack.serverUrl("conformance", "mcp"));
  say(`${revision}: ${passed} of ${passed + failed} required scenarios pass`);
  sum.passed += passed;
  sum.failed += failed;
}
say(`requirements: ${sum.passed} passed, ${sum.failed} failed`);
const totalsFile = process.env["MGW_TOTALS_FILE"];
if (totalsFile !== undefined) writeFileSync(totalsFile, JSON.stringify(sum));
process.exitCode = sum.failed === 0 ? 0 : 1;
