/** What one requirement is, and the cells of the matrix that it has: each to be tested, or out of place for a reason. */
import {
  type BackendCell,
  backendCells,
  type ClientCell,
  clientCells,
  type Era,
  type Front,
  type Isolation,
  type Revision,
  revisions,
  type Transport,
} from "./grid.ts";

export type Feature =
  | "tools"
  | "resources"
  | "prompts"
  | "completion"
  | "lists"
  | "changes"
  | "progress"
  | "logging"
  | "cancellation"
  | "subscriptions"
  | "elicitation"
  | "sampling"
  | "roots"
  | "tasks"
  | "lifecycle"
  | "transport";

/** Which cells are meant; what is left out means all. */
export interface Where {
  readonly front?: readonly Front[];
  readonly revision?: readonly Revision[];
  readonly client?: Era;
  readonly transport?: readonly Transport[];
  readonly backend?: Era;
  readonly isolation?: Isolation;
}

export interface Exception {
  readonly where: Where;
  readonly because: string;
}

export interface Requirement {
  readonly feature: Feature;
  /** The behaviour, as a sentence. */
  readonly sentence: string;
  /** Section of the published specification, `page#section`; by revision where it is not the same everywhere. */
  readonly spec: string | Partial<Readonly<Record<Revision, string>>>;
  /** The first and the last revision that have it; the reason of the cells outside. */
  readonly since?: Revision;
  readonly until?: Revision;
  /** Why no backend takes part: then it is tested once for each way clients come in. */
  readonly noBackend?: string;
  readonly except?: readonly Exception[];
}

export type Manifest = Readonly<Record<string, Requirement>>;

export interface Cell {
  readonly id: string;
  readonly client: ClientCell;
  /** Absent where no backend takes part. */
  readonly backend?: BackendCell;
  /** Why it is not applicable; absent: it is to be tested. */
  readonly because?: string;
}

export function keyOf({ id, client, backend }: Cell): string {
  return `${id} [${client.key}${backend === undefined ? "" : ` → ${backend.key}`}]`;
}

/** Every cell of one requirement. */
export function cellsOf(id: string, requirement: Requirement): readonly Cell[] {
  const backends = requirement.noBackend === undefined ? backendCells : [undefined];
  return clientCells.flatMap((client) =>
    backends.map((backend) => {
      const because = reasonAgainst(requirement, client, backend);
      return {
        id,
        client,
        ...(backend === undefined ? {} : { backend }),
        ...(because === undefined ? {} : { because }),
      };
    }),
  );
}

function reasonAgainst(
  { since, until, except = [] }: Requirement,
  client: ClientCell,
  backend: BackendCell | undefined,
): string | undefined {
  if (since !== undefined && order(client.revision) < order(since)) return `It came with ${since}.`;
  if (until !== undefined && order(client.revision) > order(until)) return `It ended with ${until}.`;
  return except.find(({ where }) => covers(where, client, backend))?.because;
}

function order(revision: Revision): number {
  return revisions.indexOf(revision);
}

/** A condition on backends covers no cell that has none. */
export function covers(where: Where, client: ClientCell, backend: BackendCell | undefined): boolean {
  const asksBackend =
    where.transport !== undefined || where.backend !== undefined || where.isolation !== undefined;
  if (backend === undefined && asksBackend) return false;
  return (
    (where.front?.includes(client.front) ?? true) &&
    (where.revision?.includes(client.revision) ?? true) &&
    (where.client === undefined || where.client === client.era) &&
    (backend === undefined || (where.transport?.includes(backend.transport) ?? true)) &&
    (backend === undefined || where.backend === undefined || where.backend === backend.era) &&
    (backend === undefined || where.isolation === undefined || where.isolation === backend.isolation)
  );
}

/** Where the specification says it, for each revision that has it. */
export function specLinks(id: string, requirement: Requirement): readonly (readonly [Revision, string])[] {
  const applicable = new Set(
    cellsOf(id, requirement)
      .filter(({ because }) => because === undefined)
      .map(({ client }) => client.revision),
  );
  return revisions
    .filter((revision) => applicable.has(revision))
    .map((revision) => {
      // The first revision was published under no page of its own; the next one says the same.
      const published = revision === "2024-10-07" ? "2024-11-05" : revision;
      const { spec } = requirement;
      const page = typeof spec === "string" ? spec : (spec[revision] ?? newestUntil(spec, revision));
      return [revision, `https://modelcontextprotocol.io/specification/${published}/${page}`] as const;
    });
}

function newestUntil(spec: Partial<Readonly<Record<Revision, string>>>, revision: Revision): string {
  const known = revisions.slice(0, order(revision) + 1).filter((one) => spec[one] !== undefined);
  const newest = known.at(-1);
  const page = newest === undefined ? undefined : spec[newest];
  if (page === undefined) throw new Error(`no section of the specification is given for ${revision}`);
  return page;
}
