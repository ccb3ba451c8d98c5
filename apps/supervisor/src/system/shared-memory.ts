/** Memory that another process of this user can map, without a name in any folder. Linux only. */
import { closeSync, ftruncateSync } from "node:fs";
import { memoryCalls } from "./libc.ts";

/** MFD_CLOEXEC and MADV_REMOVE of Linux. */
const closeOnExec = 1;
const adviceRemove = 9;

export class SharedMemory {
  readonly bytes: Uint8Array;
  #descriptor: number | undefined;

  private constructor(descriptor: number, bytes: Uint8Array) {
    this.#descriptor = descriptor;
    this.bytes = bytes;
  }

  /** Costs address space alone until it is written to. @returns undefined where there is none */
  static create(name: string, bytes: number): SharedMemory | undefined {
    const descriptor = memoryCalls()?.memfdCreate(name, closeOnExec) ?? -1;
    if (descriptor < 0) return undefined;
    try {
      ftruncateSync(descriptor, bytes);
      return new SharedMemory(descriptor, Bun.mmap(`/proc/self/fd/${descriptor}`, { shared: true }));
    } catch {
      closeSync(descriptor); // No /proc here, or no more address space: it can be done without.
      return undefined;
    }
  }

  /** By which the other process finds it; undefined when that is over. */
  get descriptor(): number | undefined {
    return this.#descriptor;
  }

  /** Whoever has mapped it keeps it; nobody else finds it any more. */
  closeDescriptor(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** Gives what stands from `start` on back to the system, for all who have mapped it. It reads as zeros then. */
  giveBack(start: number): void {
    memoryCalls()?.madvise(this.bytes.subarray(start), adviceRemove);
  }
}
