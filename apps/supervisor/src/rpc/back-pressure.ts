/** Which connections to backends are paused because a gateway does not read fast enough, and for whom. */
import type { Source } from "../traffic.ts";

export class BackPressure {
  readonly #paused = new Map<Source, Set<number>>();

  /** The backend has just fed a link that is above its high-water mark. */
  pause(source: Source, link: number): void {
    const links = this.#paused.get(source);
    if (links !== undefined) {
      links.add(link);
      return;
    }
    this.#paused.set(source, new Set([link]));
    source.connection.pause();
  }

  /** The link reads again, or is gone. A backend goes on when nobody it feeds holds it back. */
  release(link: number): void {
    for (const [source, links] of this.#paused) {
      if (!links.delete(link) || links.size > 0) continue;
      this.#paused.delete(source);
      source.connection.resume();
    }
  }

  forget(source: Source): void {
    this.#paused.delete(source);
  }
}
