/**
 * What one face of the gateway shows, ready to be sent: everything merged, or one server under its own names. Each
 * server's part of a list is a segment of its own, which snapshots and their answers share while it stays the same.
 * Pure.
 */
import { SharedBody } from "@mcp-gateway/mcp";
import { type ListItem, type ListKind, listKindNames, listKinds } from "./listing.ts";

/** One server's part of one list. */
export class Segment {
  readonly items: readonly ListItem[];
  readonly #textOf: (item: ListItem) => string;
  #bytes: Uint8Array | undefined;

  constructor(items: readonly ListItem[], textOf: (item: ListItem) => string) {
    this.items = items;
    this.#textOf = textOf;
  }

  /** The elements as JSON, kept for the next list that holds them among others. */
  get bytes(): Uint8Array {
    this.#bytes ??= this.encoded();
    return this.#bytes;
  }

  /** The same with other items, such as some of them. */
  with(items: readonly ListItem[]): Segment {
    return new Segment(items, this.#textOf);
  }

  encoded(): Uint8Array {
    return Buffer.from(this.items.map(this.#textOf).join(","));
  }

  /** Whether clients are shown the same. */
  equals(other: Segment): boolean {
    if (this === other) return true;
    const isSame = (item: ListItem, twin: ListItem | undefined): boolean =>
      item.server === twin?.server && this.#textOf(item) === this.#textOf(twin);
    return (
      this.items.length === other.items.length &&
      this.items.every((item, at) => isSame(item, other.items[at]))
    );
  }
}

export class FaceList {
  readonly kind: ListKind;
  /** None of them is empty, and each is another server's. */
  readonly segments: readonly Segment[];
  #items: readonly ListItem[] | undefined;
  #body: SharedBody | undefined;

  constructor(kind: ListKind, segments: readonly Segment[]) {
    this.kind = kind;
    this.segments = segments;
  }

  get length(): number {
    return this.segments.reduce((sum, { items }) => sum + items.length, 0);
  }

  get items(): readonly ListItem[] {
    this.#items ??= this.segments.flatMap(({ items }) => items);
    return this.#items;
  }

  /** The answer to a list request, ready to be sent but for its id: `"result":{"tools":[…]}}`. */
  get body(): SharedBody {
    this.#body ??= listBody(`"${listKinds[this.kind].member}":[`, this.pieces());
    return this.#body;
  }

  /**
   * The elements of the list as JSON, in pieces.
   * @param bytesOf what is shown of a segment, instead of all of it; empty: nothing
   */
  pieces(bytesOf = (segment: Segment): Uint8Array => this.#bytesOf(segment)): readonly Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (const bytes of this.segments.map(bytesOf)) {
      if (bytes.length === 0) continue;
      if (pieces.length > 0) pieces.push(comma);
      pieces.push(bytes);
    }
    return pieces;
  }

  /** Alone, a segment is the whole list, whose memory is enough. */
  #bytesOf(segment: Segment): Uint8Array {
    return this.segments.length === 1 ? segment.encoded() : segment.bytes;
  }

  equals(other: FaceList): boolean {
    return (
      this === other ||
      (this.segments.length === other.segments.length &&
        this.segments.every((segment, at) => {
          const twin = other.segments[at];
          return twin !== undefined && segment.equals(twin);
        }))
    );
  }
}

const comma = Buffer.from(",");

/** @param start members of the result, up to the `[` of the list */
export function listBody(start: string, pieces: readonly Uint8Array[]): SharedBody {
  return new SharedBody([Buffer.from(`"result":{${start}`), ...pieces, Buffer.from("]}}")]);
}

export type Face = Readonly<Record<ListKind, FaceList>>;

/** One list of a server's own face: as the server gave it. */
export function ownList(kind: ListKind, items: readonly ListItem[]): FaceList {
  return new FaceList(kind, items.length === 0 ? [] : [new Segment(items, ({ ownText }) => ownText)]);
}

export function faceOf(list: (kind: ListKind) => FaceList): Face {
  // One entry for each kind, by construction.
  return Object.fromEntries(listKindNames.map((kind) => [kind, list(kind)])) as Face;
}

/** Which lists differ between two snapshots of a face. */
export function changedKinds(before: Face, after: Face): readonly ListKind[] {
  return listKindNames.filter((kind) => !after[kind].equals(before[kind]));
}
