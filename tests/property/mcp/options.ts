/** Property tests take their seed from the environment, so that a failure can be had again. */
import { seedFromEnvironment } from "../../support/random.ts";

const given = process.env["MCP_GATEWAY_SEED"];

export function options(numRuns: number): { readonly numRuns: number; readonly seed?: number } {
  return given === undefined ? { numRuns } : { numRuns, seed: seedFromEnvironment() };
}
