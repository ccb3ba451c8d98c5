/** Ids as they are made here. */
const asMade = /^\?sessionId=([\w.-]+)$/;

/**
 * The session that a POST of HTTP+SSE names, in the query of its address.
 * @param search with its `?`, or empty
 */
export function postedSessionId(search: string): string | undefined {
  // The address as the `endpoint` event gave it needs no parser, which would cost more than all else that is done with it.
  const id = asMade.exec(search)?.[1];
  if (id !== undefined) return id;
  const query = new URLSearchParams(search);
  return query.get("sessionId") ?? query.get("session_id") ?? undefined;
}
