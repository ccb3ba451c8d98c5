/** Requests of backends that a gateway was asked and has not answered: which gateway, by connection and reference. */
import type { Source } from "../traffic.ts";

export class ReverseTable {
  readonly #bySource = new Map<Source, Map<number, number>>();

  add(source: Source, reference: number, link: number): void {
    const known = this.#bySource.get(source);
    if (known === undefined) this.#bySource.set(source, new Map([[reference, link]]));
    else known.set(reference, link);
  }

  /** Removes it and says who was asked. */
  take(source: Source, reference: number): number | undefined {
    const references = this.#bySource.get(source);
    const link = references?.get(reference);
    if (link !== undefined) references?.delete(reference);
    return link;
  }

  /** Only the gateway that was asked may answer. @returns whether it was asked */
  takeFrom(source: Source, reference: number, link: number): boolean {
    if (this.#bySource.get(source)?.get(reference) !== link) return false;
    this.take(source, reference);
    return true;
  }

  /** Everything that this gateway was asked. */
  takeAllOf(link: number): readonly { readonly source: Source; readonly reference: number }[] {
    const taken: { source: Source; reference: number }[] = [];
    for (const [source, references] of this.#bySource) {
      for (const [reference, asked] of references) {
        if (asked !== link) continue;
        references.delete(reference);
        taken.push({ source, reference });
      }
    }
    return taken;
  }

  forget(source: Source): void {
    this.#bySource.delete(source);
  }
}
