/**
 * The official suite's scenarios for the tasks extension of revision 2026-07-28, through the gateway. They are not
 * among the requirements of the revision, and the suite has no server of its own that passes them.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Stack, startStack } from "../support/harness.ts";
import { runProgram } from "../support/run-program.ts";
import { startTaskServer, type TaskServer } from "../support/task-server.ts";
import { tempDir } from "../support/temp-dir.ts";
import { ensureThirdParty, programs } from "../support/third-party.ts";

setDefaultTimeout(60_000);

let backend: TaskServer;
let stack: Stack;

beforeAll(async () => {
  await ensureThirdParty();
  backend = startTaskServer();
  stack = await startStack({ mcpServers: { jobs: { type: "http", url: backend.url } } });
}, 60_000);
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await backend?.[Symbol.asyncDispose]();
});

interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

/** Scenario → how many checks it has. The suite itself skips `tasks-status-notifications`. */
const scenarios = {
  "tasks-lifecycle": 9,
  "tasks-capability-negotiation": 5,
  "tasks-wire-fields": 4,
  "tasks-request-state-removal": 3,
  "tasks-mrtr-input": 4,
  "tasks-request-headers": 5,
  "tasks-dispatch-and-envelope": 9,
  "tasks-required-task-error": 3,
  "tasks-mrtr-composition": 2,
} as const;

test.each(Object.entries(scenarios))("%s", async (scenario, count) => {
  using output = tempDir("tasks");
  const suite = [process.execPath, programs.conformanceStateless, "server", "--force"];
  const place = ["--url", stack.serverUrl("jobs", "mcp"), "--spec-version", "2026-07-28", "-o", output.path];
  const environment = { HOME: output.path };
  await runProgram([...suite, "--scenario", scenario, ...place], { environment, timeoutMs: 50_000 });
  const checks = readdirSync(output.path)
    .map((folder) => join(output.path, folder, "checks.json"))
    .filter((path) => existsSync(path))
    .flatMap((path) => JSON.parse(readFileSync(path, "utf8")) as Check[]); // The pinned suite's own format.
  const others = checks.filter(({ status }) => status !== "SUCCESS");
  expect(others.map(({ id, status, errorMessage }) => `${id}: ${status}: ${errorMessage}`)).toEqual([]);
  expect(checks.length).toBe(count);
});
