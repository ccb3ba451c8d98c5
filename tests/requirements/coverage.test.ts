/** The judge of the matrix is judged: each kind of gap is told, and only that. */
import { describe, expect, test } from "bun:test";
import { coverageFaults } from "./coverage.ts";
import { cellsOf, keyOf, type Manifest, type Requirement, specLinks } from "./requirement.ts";

const requirement: Requirement = {
  feature: "tools",
  sentence: "It works.",
  spec: "server/tools#calling-tools",
  noBackend: "Nothing here needs one.",
  except: [{ where: { client: "session" }, because: "Sessions have another way." }],
};
const manifest: Manifest = { works: requirement };
const all = { id: "works", where: {} };
const key = "works [stateless 2026-07-28]";

describe("a run is judged", () => {
  test("complete when each cell passed or has a reason", () => {
    expect(coverageFaults(manifest, [all], new Set([key]))).toEqual([]);
  });

  test("incomplete when a cell has neither a test nor a reason", () => {
    expect(coverageFaults(manifest, [], new Set())).toEqual([`${key} has no test and no reason for none`]);
  });

  test("incomplete when the test was skipped, failed or ended before its checks", () => {
    expect(coverageFaults(manifest, [all], new Set())).toEqual([
      `${key} has a test that did not run and pass`,
    ]);
  });

  test("wrong when a test names a requirement that is not there", () => {
    const claims = [all, { id: "wroks", where: {} }];
    expect(coverageFaults(manifest, claims, new Set([key]))).toEqual([
      "a test names the unknown requirement wroks",
    ]);
  });

  test("wrong when a cell is marked not applicable and a test shows it", () => {
    const other = "works [sse 2024-11-05]";
    expect(coverageFaults(manifest, [all], new Set([key, other]))).toEqual([
      `${other} is marked not applicable and has a test`,
    ]);
    const claims = [all, { id: "works", where: { front: ["http"] as const } }];
    expect(coverageFaults(manifest, claims, new Set([key]))).toEqual([
      "a test of works is for cells that are all marked not applicable",
    ]);
  });

  test("wrong when a reason is empty, or what passed is unknown", () => {
    const silent: Manifest = {
      works: { ...requirement, except: [{ where: { client: "session" }, because: " " }] },
    };
    expect(coverageFaults(silent, [all], new Set([key]))).toContain(
      "works [http 2025-11-25] is marked not applicable without a reason",
    );
    expect(coverageFaults(manifest, [all], new Set([key, "gone [x]"]))).toEqual([
      "gone [x] passed and is not in the manifest",
    ]);
  });
});

describe("a requirement", () => {
  test("with backends has a cell for each way in and each way out", () => {
    const { noBackend: _, ...others } = requirement;
    const keys = cellsOf("works", others).map(keyOf);
    expect(keys).toHaveLength(90);
    expect(keys).toContain("works [stateless 2026-07-28 → stateless-http session]");
  });

  test("is out of place before its first revision and after its last", () => {
    const bounded: Requirement = { ...requirement, except: [], since: "2025-03-26", until: "2025-06-18" };
    const reasons = cellsOf("works", bounded).map(({ client, because }) => [client.key, because]);
    expect(reasons).toContainEqual(["sse 2024-11-05", "It came with 2025-03-26."]);
    expect(reasons).toContainEqual(["http 2025-06-18", undefined]);
    expect(reasons).toContainEqual(["http 2025-11-25", "It ended with 2025-06-18."]);
  });

  test("names the section of each revision that has it", () => {
    const spec = { "2024-10-07": "old#a", "2025-06-18": "new#b" } as const;
    const links = specLinks("works", { ...requirement, except: [], until: "2025-11-25", spec });
    const base = "https://modelcontextprotocol.io/specification";
    expect(links).toEqual([
      ["2024-10-07", `${base}/2024-11-05/old#a`],
      ["2024-11-05", `${base}/2024-11-05/old#a`],
      ["2025-03-26", `${base}/2025-03-26/old#a`],
      ["2025-06-18", `${base}/2025-06-18/new#b`],
      ["2025-11-25", `${base}/2025-11-25/new#b`],
    ]);
  });
});
