/** Where Windows keeps its own programs: asked for by full path, so that no folder of PATH can stand in for it. */
import { join } from "node:path";

/** @param rest of the path below System32 */
export function system32(...rest: readonly string[]): string {
  return join(process.env["SystemRoot"] ?? "C:\\Windows", "System32", ...rest);
}
