/** The bundles beside the one that this program runs from: whoever starts the others starts them from there. */
import type { Bundles } from "@mcp-gateway/kit/prebuilt";

let bundles: Bundles | undefined;

export const ownBundles = {
  set(found: Bundles | undefined): void {
    bundles = found;
  },
  /** @returns undefined when this program runs from its sources */
  get(): Bundles | undefined {
    return bundles;
  },
};
