/**
 * Who claims which name: an immutable table of many names that shares with its successor whatever a change leaves
 * alone. It is cut into buckets, and a change copies those that its names fall into. Pure.
 */
import type { ListItem } from "./listing.ts";

/** Ten thousand names are ten in each, and the row of buckets itself is copied in under a microsecond. */
const bucketCount = 1_024;

type Bucket = Map<string, readonly ListItem[]>;
type KeysOf = (item: ListItem) => readonly string[];

const nobody: readonly ListItem[] = [];

export class Claims {
  readonly #keysOf: KeysOf;
  /** Written to only while they are made. */
  readonly #buckets: readonly (Bucket | undefined)[];
  /** Names that more than one item claims. */
  readonly #contested: number;

  private constructor(keysOf: KeysOf, buckets: readonly (Bucket | undefined)[], contested: number) {
    this.#keysOf = keysOf;
    this.#buckets = buckets;
    this.#contested = contested;
  }

  static none(keysOf: KeysOf): Claims {
    return new Claims(keysOf, new Array<undefined>(bucketCount).fill(undefined), 0);
  }

  /** Those who claim the name, best first. */
  of(key: string): readonly ListItem[] {
    return this.#buckets[bucketOf(key)]?.get(key) ?? nobody;
  }

  get isContested(): boolean {
    return this.#contested > 0;
  }

  /** @param rankOf a server's place in the configuration: the first one's claim is the best */
  changed(
    removed: readonly ListItem[],
    added: readonly ListItem[],
    rankOf: (server: string) => number,
  ): Claims {
    const buckets: (Bucket | undefined)[] = this.#buckets.slice();
    const isCopy = new Uint8Array(bucketCount);
    const writable = (key: string): Bucket => {
      const at = bucketOf(key);
      const bucket = buckets[at];
      if (bucket !== undefined && isCopy[at] === 1) return bucket;
      const copy: Bucket = new Map(bucket);
      isCopy[at] = 1;
      buckets[at] = copy;
      return copy;
    };
    let contested = this.#contested;
    for (const item of removed)
      for (const key of this.#keysOf(item)) {
        const bucket = writable(key);
        const left = (bucket.get(key) ?? nobody).filter((one) => one !== item);
        if (left.length === 0) bucket.delete(key);
        else bucket.set(key, left);
        if (left.length === 1) contested -= 1;
      }
    for (const item of added)
      for (const key of this.#keysOf(item)) {
        const bucket = writable(key);
        const claims = bucket.get(key);
        bucket.set(key, claims === undefined ? [item] : withItem(claims, item, rankOf));
        if (claims?.length === 1) contested += 1;
      }
    return new Claims(this.#keysOf, buckets, contested);
  }
}

function withItem(
  items: readonly ListItem[],
  item: ListItem,
  rankOf: (server: string) => number,
): readonly ListItem[] {
  const rank = rankOf(item.server);
  const at = items.findIndex((one) => rankOf(one.server) > rank);
  return items.toSpliced(at === -1 ? items.length : at, 0, item);
}

/** Names that were chosen to meet in one bucket make only changes dear: within a bucket there is a table again. */
function bucketOf(key: string): number {
  return Bun.hash.crc32(key) % bucketCount;
}
