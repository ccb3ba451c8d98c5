/**
 * The requirements of MCP over every way in and every way out: each scenario in each cell that the manifest has, and at
 * the end the judgement whether every cell was really shown. `-t "tools:call"` runs those whose id holds the text.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { bridgeCells, bridged, shownBy } from "./bridge.ts";
import type { JsonObject, MatrixClient } from "./client/matrix-client.ts";
import { openSession } from "./client/session-client.ts";
import { openStateless } from "./client/stateless-client.ts";
import { coverageFaults } from "./coverage.ts";
import { type BackendCell, backendCells, type ClientCell, clientCells } from "./grid.ts";
import { manifest } from "./manifest/index.ts";
import { type MatrixStack, startMatrix } from "./matrix-stack.ts";
import { type Cell, cellsOf, covers, keyOf } from "./requirement.ts";
import "./scenarios/index.ts";
import { play, type Scenario, scenarios } from "./verifies.ts";

setDefaultTimeout(60_000);

let stack: MatrixStack;
const passed = new Set<string>();

beforeAll(async () => {
  stack = await startMatrix();
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

const anyBackend = backendCells[0] as BackendCell; // The grid is not empty.

describe.each(clientCells.map((client) => [client.key, client] as const))("%s:", (_key, client) => {
  const kept = new Map<string, Promise<MatrixClient>>();
  afterAll(async () => {
    for (const opened of kept.values()) await (await opened)[Symbol.asyncDispose]();
  });

  for (const scenario of scenarios) {
    const cells = cellsFor(scenario, client);
    if (cells.length === 0) continue;
    // The cells of one test are of different backends and have clients of their own: they do not meet.
    test(`${scenario.id} (${cells.length})`, async () => {
      const outcomes = await Promise.allSettled(cells.map((cell) => show(scenario, cell, kept)));
      const failed = outcomes.flatMap((outcome, index) =>
        outcome.status === "rejected"
          ? [`${keyOf(cells[index] as Cell)}: ${String(outcome.reason?.stack ?? outcome.reason)}`] // As many as cells.
          : [],
      );
      if (failed.length > 0) throw new Error(failed.join("\n\n"));
    });
  }
});

describe("the manifest", () => {
  test("shows every feature in front of every era", () => {
    const gaps = bridged.flatMap(({ feature }) =>
      bridgeCells
        .filter((cell) => shownBy(manifest, feature, cell).length === 0)
        .map((cell) => `${feature}, ${cell}`),
    );
    expect(gaps).toEqual([]);
  });

  test("has a test that passed, or a reason, for every cell", () => {
    expect(coverageFaults(manifest, scenarios, passed)).toEqual([]);
  });
});

function cellsFor({ id, where }: Scenario, client: ClientCell): readonly Cell[] {
  const requirement = Object.hasOwn(manifest, id) ? manifest[id] : undefined;
  if (requirement === undefined) return []; // The judgement at the end names it.
  return cellsOf(id, requirement).filter(
    (cell) =>
      cell.client === client && cell.because === undefined && covers(where, cell.client, cell.backend),
  );
}

async function show({ body }: Scenario, cell: Cell, kept: Map<string, Promise<MatrixClient>>): Promise<void> {
  const { client, backend = anyBackend } = cell;
  const { url } = stack.gateway;
  const address = `${url}/${client.front === "sse" ? "sse" : "mcp"}`;
  const open = (capabilities: JsonObject, at = address): Promise<MatrixClient> =>
    client.front === "stateless"
      ? openStateless(client, at, capabilities)
      : openSession(client, at, capabilities);
  const restart = (server: string): Promise<void> => stack.restart(server);
  await play(body, { client, backend, gateway: url, open, restart, kept });
  passed.add(keyOf(cell));
}
