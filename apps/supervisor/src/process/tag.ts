/**
 * Every program carries in its environment whose it is, and so does everything it starts: what has left its
 * process group, or outlived a supervisor that was killed, is found again by this tag.
 */
import { readlinkSync } from "node:fs";

export const tagVariable = "MCP_GATEWAY_TAG";

/** One run of one supervisor. */
export interface TagScope {
  /** Names the link's address: whoever listens there is the only supervisor of this scope. */
  readonly scope: string;
  /** Names this process. */
  readonly run: string;
}

/**
 * The scope is the link's address, because holding it proves that no other supervisor of the scope lives.
 * A container's own process namespace is part of it: the same path inside and outside are two addresses.
 */
export function tagScope(linkPath: string, run: string): TagScope {
  const scope = new Bun.CryptoHasher("sha256")
    .update(`${linkPath}\n${processNamespace()}`)
    .digest("hex")
    .slice(0, 16);
  return { scope, run };
}

function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return ""; // No such thing outside Linux.
  }
}

export function backendTag(scope: TagScope, index: number, epoch: number): string {
  return `${scope.scope}.${scope.run}.${index}.${epoch}`;
}

/** @param serial counts the connections of sessions' own that this backend has had */
export function instanceTag(scope: TagScope, index: number, serial: number): string {
  return `${scope.scope}.${scope.run}.${index}.i${serial}`;
}

/** A gateway may be a backend of another one: the outer tag is kept, so that the outer sweep finds all of it. */
export function tagValue(tag: string, outer: string | undefined): string {
  return outer === undefined || outer === "" ? tag : `${outer},${tag}`;
}

export function hasTag(value: string, tag: string): boolean {
  return value.split(",").includes(tag);
}

/** Left behind by an earlier supervisor at the same address. */
export function isLeftover(value: string, scope: TagScope): boolean {
  return value
    .split(",")
    .some((tag) => tag.startsWith(`${scope.scope}.`) && !tag.startsWith(`${scope.scope}.${scope.run}.`));
}
