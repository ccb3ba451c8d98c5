/**
 * Does something for each of very many, some at a time: what comes in meanwhile is served in between, instead of
 * waiting for ten thousand streams to be written to.
 */
import { limits } from "@mcp-gateway/kit";

/** The first ones at once. Those that are added or removed meanwhile are met, or not, as the iteration has it. */
export function inSlices<T>(all: Iterable<T>, act: (one: T) => void): void {
  const rest = all[Symbol.iterator]();
  const slice = (): void => {
    for (let done = 0; done < limits.sliceMax; done += 1) {
      const next = rest.next();
      if (next.done === true) return;
      act(next.value);
    }
    setImmediate(slice);
  };
  slice();
}
