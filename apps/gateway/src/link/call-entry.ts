/** A call in flight, and whose what its backend says may be. */
import type { BackendState, Frame } from "@mcp-gateway/contract";
import type { CallOwner } from "./calls.ts";

export interface Entry {
  readonly number: number;
  readonly owner: CallOwner;
  /** As it was when the call was sent. */
  readonly backend: BackendState;
  readonly instance: number;
  readonly method: string;
  readonly startedMs: number;
  /** False: the backend says nothing on its behalf without naming it. */
  readonly mayBeUnnamed: boolean;
  deadlineMs: number;
}

export function isAt({ backend, instance }: Entry, frame: Frame): boolean {
  if (backend.index !== frame.backend || instance !== frame.instance) return false;
  return instance !== 0 || backend.epoch === frame.epoch;
}

/** Whether a message on the shared connection that names no call may be about this one. */
export function isUnnamedAt(
  { owner, backend, instance, mayBeUnnamed }: Entry,
  backendIndex: number,
): boolean {
  return backend.index === backendIndex && instance === 0 && mayBeUnnamed && owner.isHousekeeping !== true;
}

/**
 * The owner of the calls in flight at this backend, when they all are of one session: what the backend says without
 * naming a call was surely caused by it. Calls that were given up count while the backend may still speak of them.
 */
export function certainOwner(
  inFlight: Iterable<Entry>,
  givenUp: Iterable<Entry>,
  backendIndex: number,
): CallOwner | undefined {
  let certain: CallOwner | undefined;
  for (const entry of inFlight) {
    if (!isUnnamedAt(entry, backendIndex)) continue;
    const { sessionId } = entry.owner;
    if (sessionId === undefined || (certain !== undefined && certain.sessionId !== sessionId))
      return undefined;
    certain ??= entry.owner;
  }
  for (const entry of givenUp)
    if (isUnnamedAt(entry, backendIndex) && entry.owner.sessionId !== certain?.sessionId) return undefined;
  return certain;
}
