/** Snapshot and later events, without a gap: a subscriber gets everything once, then each change in order. */
import type { FromSupervisor, Snapshot } from "@mcp-gateway/contract";

export type StateListener = (message: FromSupervisor) => void;

export class StateFeed {
  readonly #listeners = new Set<StateListener>();
  #snapshot: () => Snapshot = () => {
    throw new Error("the feed has no source yet");
  };

  /** Who knows the whole state; set once, before anybody subscribes. */
  setSource(snapshot: () => Snapshot): void {
    this.#snapshot = snapshot;
  }

  /** The listener gets the snapshot during this call; nothing can come between it and the first event. */
  subscribe(listener: StateListener): () => void {
    listener(this.#snapshot());
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(message: FromSupervisor): void {
    for (const listener of [...this.#listeners]) listener(message);
  }
}
