/** Which backends are paused because a gateway does not read fast enough, and for whom. */
import type { Source } from "../traffic.ts";

export class BackPressure {
  /** By `backend.epoch`. */
  readonly #paused = new Map<string, { readonly source: Source; readonly links: Set<number> }>();

  /** The backend has just fed a link that is above its high-water mark. */
  pause(source: Source, link: number): void {
    const key = `${source.backend}.${source.epoch}`;
    const entry = this.#paused.get(key);
    if (entry !== undefined) {
      entry.links.add(link);
      return;
    }
    this.#paused.set(key, { source, links: new Set([link]) });
    source.connection.pause();
  }

  /** The link reads again, or is gone. A backend goes on when nobody it feeds holds it back. */
  release(link: number): void {
    for (const [key, { source, links }] of this.#paused) {
      if (!links.delete(link) || links.size > 0) continue;
      this.#paused.delete(key);
      source.connection.resume();
    }
  }

  forget(backend: number, epoch: number): void {
    this.#paused.delete(`${backend}.${epoch}`);
  }
}
