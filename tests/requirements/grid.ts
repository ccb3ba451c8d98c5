/** The axes of the matrix: how clients come in, how backends are reached, and whether a client has one of its own. */

export const revisions = [
  "2024-10-07",
  "2024-11-05",
  "2025-03-26",
  "2025-06-18",
  "2025-11-25",
  "2026-07-28",
] as const;
export type Revision = (typeof revisions)[number];
export type Era = "session" | "stateless";

/** `/sse`, `/mcp` with a session, `/mcp` without one. */
export const fronts = ["sse", "http", "stateless"] as const;
export type Front = (typeof fronts)[number];

export interface ClientCell {
  readonly key: string;
  readonly front: Front;
  readonly revision: Revision;
  readonly era: Era;
}

export const transports = ["stdio", "sse", "http", "stateless-stdio", "stateless-http"] as const;
export type Transport = (typeof transports)[number];
export type Isolation = "shared" | "session";

export interface BackendCell {
  readonly key: string;
  /** Its name in the configuration of the tested gateway. */
  readonly server: string;
  readonly transport: Transport;
  readonly isolation: Isolation;
  readonly era: Era;
}

/** A pair of front and revision that no client can have, and why. */
export const impossibleClients: readonly {
  readonly front: Front;
  readonly revisions: readonly Revision[];
  readonly because: string;
}[] = [
  {
    front: "sse",
    revisions: ["2026-07-28"],
    because: "The stateless revision has no HTTP+SSE transport.",
  },
  {
    front: "http",
    revisions: ["2024-10-07", "2024-11-05"],
    because: "Streamable HTTP came with 2025-03-26.",
  },
  { front: "http", revisions: ["2026-07-28"], because: "The stateless revision has no sessions." },
  {
    front: "stateless",
    revisions: ["2024-10-07", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"],
    because: "Only 2026-07-28 is stateless.",
  },
];

export const clientCells: readonly ClientCell[] = fronts.flatMap((front) =>
  revisions
    .filter(
      (revision) =>
        !impossibleClients.some((pair) => pair.front === front && pair.revisions.includes(revision)),
    )
    .map((revision) => ({
      key: `${front} ${revision}`,
      front,
      revision,
      era: front === "stateless" ? ("stateless" as const) : ("session" as const),
    })),
);

export const backendCells: readonly BackendCell[] = transports.flatMap((transport) =>
  (["shared", "session"] as const).map((isolation) => ({
    key: `${transport} ${isolation}`,
    server: isolation === "shared" ? transport : `${transport}-own`,
    transport,
    isolation,
    era: transport.startsWith("stateless") ? ("stateless" as const) : ("session" as const),
  })),
);
