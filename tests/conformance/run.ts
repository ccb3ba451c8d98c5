/**
 * Runs the official conformance suite through the gateway, against the project's own fixture, and compares with
 * expected-failures.yaml: release 0.1.16 whole, and what its successor requires of 2025-11-25 and of 2026-07-28.
 *
 *   bun tests/conformance/run.ts                                   everything
 *   bun tests/conformance/run.ts --suite 0.1.16 --backend stdio --face merged
 *   bun tests/conformance/run.ts --suite 2026-07-28 --scenario caching      may be repeated
 *   bun tests/conformance/run.ts --direct                          the fixture without the gateway
 *   bun tests/conformance/run.ts --url URL                         something that runs already
 */
import { parseArgs } from "node:util";
import { ensureThirdParty } from "../support/third-party.ts";
import { inParallel, knownFailures, Tally } from "./report.ts";
import { runServerSuite, type SuiteName, suiteNames } from "./suites.ts";
import {
  type Backend,
  backends,
  direct,
  type Face,
  faces,
  running,
  type Target,
  throughGateway,
} from "./targets.ts";

const { values } = parseArgs({
  options: {
    suite: { type: "string", multiple: true },
    backend: { type: "string", multiple: true },
    face: { type: "string", multiple: true },
    scenario: { type: "string", multiple: true },
    direct: { type: "boolean", default: false },
    url: { type: "string" },
  },
});

interface Run {
  readonly suite: SuiteName;
  readonly backend: Backend;
  readonly face: Face;
}

function chosen<Name extends string>(
  all: readonly Name[],
  given: readonly string[] | undefined,
): readonly Name[] {
  return given === undefined ? all : all.filter((name) => given.includes(name));
}

/**
 * What can't be had on a pipe that clients share is shown with a program for each of them, and nothing else; once, as the
 * faces don't differ in how a server is reached.
 */
function scenariosOf({ suite, backend, face }: Run): readonly string[] | undefined {
  if (values.scenario !== undefined) return values.scenario;
  if (backend !== "own-stdio") return undefined;
  return face === "merged" ? [...knownFailures("server", suite, "stdio").keys()] : [];
}

async function measure(
  suite: SuiteName,
  start: () => Promise<Target>,
  scenarios: readonly string[] | undefined,
  expected: ReadonlyMap<string, string>,
): Promise<void> {
  await using target = await start();
  const results = await runServerSuite(suite, target.url, scenarios);
  tally.take(`${suite} at ${target.name}`, results, expected);
}

await ensureThirdParty();
const tally = new Tally();
const suites = chosen(suiteNames, values.suite);
const { url } = values;
const single = values.direct ? direct : url === undefined ? undefined : async () => running(url);
const jobs =
  single === undefined
    ? suites.flatMap((suite) =>
        chosen(backends, values.backend).flatMap((backend) =>
          chosen(faces, values.face).flatMap((face) => jobFor({ suite, backend, face })),
        ),
      )
    : suites.map((suite) => () => measure(suite, single, values.scenario, new Map()));
await inParallel(jobs, 2);
tally.end("conformance");

function jobFor(run: Run): readonly (() => Promise<void>)[] {
  const { suite, backend, face } = run;
  const scenarios = scenariosOf(run);
  if (scenarios?.length === 0) return [];
  // Alone, a scenario may pass that fails behind another one.
  const expected = values.scenario === undefined ? knownFailures("server", suite, backend) : new Map();
  return [() => measure(suite, () => throughGateway(backend, face), scenarios, expected)];
}
