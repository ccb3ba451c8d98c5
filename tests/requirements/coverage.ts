/** Judges a run: what the manifest demands against what really ran and passed. Pure. */
import { type Cell, cellsOf, covers, keyOf, type Manifest, type Where } from "./requirement.ts";

/** What a scenario says it shows. */
export interface Claim {
  readonly id: string;
  readonly where: Where;
}

/** @returns one sentence for each fault; none: the manifest is covered */
export function coverageFaults(
  manifest: Manifest,
  claims: readonly Claim[],
  passed: ReadonlySet<string>,
): readonly string[] {
  const cells = Object.entries(manifest).flatMap(([id, requirement]) => cellsOf(id, requirement));
  return [
    ...claims.flatMap((claim) => faultsOfClaim(claim, manifest, cells)),
    ...cells.flatMap((cell) => faultsOfCell(cell, claims, passed)),
    ...strangers(cells, passed),
  ];
}

function faultsOfClaim({ id, where }: Claim, manifest: Manifest, cells: readonly Cell[]): string[] {
  if (!Object.hasOwn(manifest, id)) return [`a test names the unknown requirement ${id}`];
  const meant = cells.filter((cell) => cell.id === id && covers(where, cell.client, cell.backend));
  if (meant.some(({ because }) => because === undefined)) return [];
  return [`a test of ${id} is for cells that are all marked not applicable`];
}

function faultsOfCell(cell: Cell, claims: readonly Claim[], passed: ReadonlySet<string>): string[] {
  const key = keyOf(cell);
  if (cell.because !== undefined) {
    if (cell.because.trim() === "") return [`${key} is marked not applicable without a reason`];
    return passed.has(key) ? [`${key} is marked not applicable and has a test`] : [];
  }
  if (passed.has(key)) return [];
  const isClaimed = claims.some(
    ({ id, where }) => id === cell.id && covers(where, cell.client, cell.backend),
  );
  return [
    isClaimed ? `${key} has a test that did not run and pass` : `${key} has no test and no reason for none`,
  ];
}

function strangers(cells: readonly Cell[], passed: ReadonlySet<string>): string[] {
  const known = new Set(cells.map(keyOf));
  return [...passed]
    .filter((key) => !known.has(key))
    .map((key) => `${key} passed and is not in the manifest`);
}
