/** The connections of client sessions' own that one backend has: by gateway and its number for them, bounded. */
import type { ServerConfig } from "@mcp-gateway/config";
import { GatewayError, limits } from "@mcp-gateway/kit";
import type { ClientCapabilities, Era } from "./connections/index.ts";
import { Instance } from "./instance.ts";
import type { InstanceAddress, Services, Source } from "./traffic.ts";

export interface InstanceWish {
  readonly server: ServerConfig;
  readonly declared: ClientCapabilities;
  readonly era: Era | undefined;
}

export class Instances {
  readonly #index: number;
  readonly #services: Services;
  readonly #changed: () => void;
  /** Being opened or open. */
  readonly #live = new Map<number, Instance>();
  /** Those, and what is being cleared away. */
  readonly #all = new Set<Instance>();
  #whenGone: (() => void)[] = [];
  #serial = 0;

  constructor(index: number, services: Services, changed: () => void) {
    this.#index = index;
    this.#services = services;
    this.#changed = changed;
  }

  /** How many are being opened or open. */
  get live(): number {
    return this.#live.size;
  }

  sourceAt(address: InstanceAddress): Source | undefined {
    return this.#live.get(keyOf(address))?.source;
  }

  /** The number is in use; gateways use none twice. */
  has(address: InstanceAddress): boolean {
    return this.#live.has(keyOf(address));
  }

  /** @throws GatewayError `too-many-instances` */
  open(address: InstanceAddress, { server, declared, era }: InstanceWish): void {
    const key = keyOf(address);
    // What is being cleared away still has its processes.
    if (this.#all.size >= limits.backendInstancesMax)
      throw new GatewayError(
        "too-many-instances",
        `The server "${server.name}" has ${this.#all.size} connections of client sessions; ${limits.backendInstancesMax} are the limit.`,
        { facts: { server: server.name } },
      );
    this.#serial += 1;
    const instance: Instance = new Instance({
      address,
      index: this.#index,
      server,
      declared,
      era,
      serial: this.#serial,
      services: this.#services,
      onClosed: () => {
        this.#live.delete(key);
        this.#changed();
      },
      onGone: () => this.#forget(instance),
    });
    this.#live.set(key, instance);
    this.#all.add(instance);
    instance.open();
    this.#changed();
  }

  /** Its client session has ended. */
  close(address: InstanceAddress): void {
    this.#live.get(keyOf(address))?.close();
  }

  /** A gateway is gone, and so are the sessions that these belonged to. */
  closeAllOf(link: number): void {
    for (const instance of [...this.#live.values()]) if (instance.address.link === link) instance.close();
  }

  endAll(reason: string): void {
    for (const instance of [...this.#live.values()])
      instance.end(new GatewayError("instance-closed", reason));
  }

  gone(): Promise<void> {
    if (this.#all.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenGone.push(resolve));
  }

  hurry(): void {
    for (const instance of this.#all) instance.hurry();
  }

  killNow(): void {
    for (const instance of this.#all) instance.killNow();
  }

  #forget(instance: Instance): void {
    this.#all.delete(instance);
    if (this.#all.size > 0) return;
    for (const resolve of this.#whenGone.splice(0)) resolve();
  }
}

/** One number for both: a gateway's number has 16 bits, its number for a connection 32. */
function keyOf({ link, number }: InstanceAddress): number {
  return link * 2 ** 32 + number;
}
