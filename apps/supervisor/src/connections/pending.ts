/**
 * What a connection has asked its backend and not yet been answered: calls of the gateways, found by the
 * upstream id and by their owner, and requests of the connection itself (handshake, ping).
 */
import type { GatewayError } from "@mcp-gateway/kit";

/** Whose call it is: the number of the gateway, and the gateway's number of the call. Both fit into 32 bits. */
export interface CallOwner {
  readonly link: number;
  readonly call: number;
}

/** What a request of the connection itself waits for. */
export interface OwnRequest {
  onReply(message: Uint8Array): void;
  onFailed(error: GatewayError): void;
}

export type PendingRequest =
  | { readonly kind: "call"; readonly owner: CallOwner }
  | { readonly kind: "own"; readonly request: OwnRequest };

/** Small ids make short messages; they start over long before they lose precision anywhere. */
const requestIdMax = 2 ** 31 - 1;

export class PendingRequests {
  readonly #byId = new Map<number, PendingRequest>();
  readonly #idByOwner = new Map<number, number>();
  readonly #callsByLink = new Map<number, number>();
  #lastId = 0;

  /** Adds a gateway's call. `undefined`: the owner already has a call of this number in flight. */
  addCall(owner: CallOwner): number | undefined {
    const key = ownerKey(owner);
    if (this.#idByOwner.has(key)) return undefined;
    const id = this.#nextId();
    this.#byId.set(id, { kind: "call", owner });
    this.#idByOwner.set(key, id);
    this.#callsByLink.set(owner.link, (this.#callsByLink.get(owner.link) ?? 0) + 1);
    return id;
  }

  addOwn(request: OwnRequest): number {
    const id = this.#nextId();
    this.#byId.set(id, { kind: "own", request });
    return id;
  }

  has(id: number): boolean {
    return this.#byId.has(id);
  }

  /** Removes and returns what waits under this id. */
  take(id: number): PendingRequest | undefined {
    const pending = this.#byId.get(id);
    if (pending === undefined) return undefined;
    this.#byId.delete(id);
    if (pending.kind === "call") this.#forgetOwner(pending.owner);
    return pending;
  }

  /** The call that waits under this id, which stays. */
  ownerOf(id: number): CallOwner | undefined {
    const pending = this.#byId.get(id);
    return pending?.kind === "call" ? pending.owner : undefined;
  }

  idOf(owner: CallOwner): number | undefined {
    return this.#idByOwner.get(ownerKey(owner));
  }

  callsOf(link: number): readonly CallOwner[] {
    const owners: CallOwner[] = [];
    for (const pending of this.#byId.values()) {
      if (pending.kind === "call" && pending.owner.link === link) owners.push(pending.owner);
    }
    return owners;
  }

  /** Empties the table and returns what was in it, oldest first. */
  takeAll(): readonly PendingRequest[] {
    const all = [...this.#byId.values()];
    this.#byId.clear();
    this.#idByOwner.clear();
    this.#callsByLink.clear();
    return all;
  }

  /** Calls of all gateways; requests of the connection itself do not count. */
  get calls(): number {
    return this.#idByOwner.size;
  }

  callsOfOthers(link: number): number {
    return this.calls - (this.#callsByLink.get(link) ?? 0);
  }

  /** The gateways that have calls in flight. */
  callers(): readonly number[] {
    return [...this.#callsByLink.keys()];
  }

  #forgetOwner(owner: CallOwner): void {
    this.#idByOwner.delete(ownerKey(owner));
    const left = (this.#callsByLink.get(owner.link) ?? 1) - 1;
    if (left === 0) this.#callsByLink.delete(owner.link);
    else this.#callsByLink.set(owner.link, left);
  }

  /** The next id that nothing waits under; after a start over, an old slow call may still hold one. */
  #nextId(): number {
    do this.#lastId = this.#lastId >= requestIdMax ? 1 : this.#lastId + 1;
    while (this.#byId.has(this.#lastId));
    return this.#lastId;
  }
}

/** One number for both: 21 + 32 bits stay exact, and gateway numbers have 16. */
function ownerKey(owner: CallOwner): number {
  return owner.link * 2 ** 32 + owner.call;
}
