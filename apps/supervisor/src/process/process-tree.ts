/** Ending a program with everything it started: one interface, one file per kind of system. */

export interface ProcessTree {
  /** Remembers who belongs to the tree while it is whole. */
  survey(): Promise<void>;
  /** Asks the tree to end. */
  terminate(): void;
  /** Whether anything that was asked to end has not ended yet. */
  isAlive(): Promise<boolean>;
  /** Ends it at once, as far as that goes without waiting. Never throws. */
  killNow(): void;
  /** Ends all of it, and looks until nothing is left. @returns how many processes could not be ended */
  killAll(): Promise<number>;
}
