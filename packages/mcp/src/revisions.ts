/** The revisions of MCP that are spoken here. */

/** Revisions with sessions, newest first. 2024-10-07 was never final, but peers of its time still say it. */
export const sessionRevisions = [
  "2025-11-25",
  "2025-06-18",
  "2025-03-26",
  "2024-11-05",
  "2024-10-07",
] as const;
export type SessionRevision = (typeof sessionRevisions)[number];

export const latestSessionRevision: SessionRevision = sessionRevisions[0];

/** The revision without sessions, in which every request stands alone. */
export const statelessRevision = "2026-07-28";

export function isSessionRevision(value: unknown): value is SessionRevision {
  return sessionRevisions.some((revision) => revision === value);
}

/** The answer to an `initialize`: what was asked for if it is known, else the newest (MCP, Version Negotiation). */
export function negotiateRevision(requested: unknown): SessionRevision {
  return isSessionRevision(requested) ? requested : latestSessionRevision;
}
