/**
 * Which worker a session or a parked call belongs to: the id says it, so that every worker knows where a request
 * must go without asking anybody. Pure.
 */
import { limits } from "@mcp-gateway/kit";
import type { RequestPath } from "../guards/read-path.ts";
import { postedSessionId } from "../sessions/posted-session-id.ts";

/** Which of how many gateway processes behind one address. */
export interface WorkerPlace {
  readonly number: number;
  readonly of: number;
}

/** `2/4` */
export function readPlace(text: string): WorkerPlace | undefined {
  const match = /^([1-9]\d?)\/([1-9]\d?)$/.exec(text);
  const [number, of] = [Number(match?.[1]), Number(match?.[2])];
  return of > 1 && of <= limits.workersMax && number <= of ? { number, of } : undefined;
}

/** This worker's part of what there may be of something in all of them together; each may have one. */
export function shareOf(total: number, { number, of }: WorkerPlace): number {
  return Math.max(1, Math.floor(total / of) + (number <= total % of ? 1 : 0));
}

/** Stands before every id that the worker makes. The rest of an id is base64url, which has no dot. */
export function markOf(worker: number): string {
  return `${worker}.`;
}

/** The other worker that made this id; undefined: this one, or none there is. */
export function otherOwnerOf(id: string, place: WorkerPlace): number | undefined {
  const worker = Number(/^([1-9]\d?)\./.exec(id)?.[1]);
  return worker >= 1 && worker <= place.of && worker !== place.number ? worker : undefined;
}

/** The session a request names: in a header, or for HTTP+SSE in the query. */
export function sessionIdOf(headers: Headers, { path, search }: RequestPath): string | undefined {
  if (!/\/messages\/?$/.test(path)) return headers.get("mcp-session-id") ?? undefined;
  return postedSessionId(search);
}
