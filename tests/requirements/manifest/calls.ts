/** Calls of tools: what goes in, what comes back, and what happens meanwhile. */
import type { Manifest } from "../requirement.ts";

export const calls: Manifest = {
  "tools:call:routed": {
    feature: "tools",
    sentence:
      "A call reaches the server that has the tool, under the server's own name for it, with its arguments as they were sent.",
    spec: "server/tools#calling-tools",
  },
};
