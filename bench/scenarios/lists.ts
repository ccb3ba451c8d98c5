/** One client lists all tools, and each must be there once. */
import { toolNames } from "../backend-tools.ts";
import { listTools } from "../load/client.ts";
import { quantile, sorted } from "../report/statistics.ts";
import type { Target } from "../targets/target.ts";
import { type Measured, said, withDeadline } from "./scenario.ts";

export async function listing(
  target: Target,
  expected: number,
  lists: number,
  sliceMs: number,
): Promise<Measured> {
  const client = await target.open(1);
  const errors: string[] = [];
  const warmups = 3;
  return await withDeadline([client], async () => {
    const arrived: number[] = [];
    const read: number[] = [];
    const endMs = performance.now() + sliceMs;
    for (let at = 0; at < lists + warmups && errors.length < 3; at += 1) {
      if (performance.now() > endMs && arrived.length > 0) break;
      try {
        const { names, arrivedMs, readMs } = await listTools(client);
        checkNames(names, target, expected);
        if (at < warmups) continue;
        arrived.push(arrivedMs);
        read.push(readMs);
      } catch (error) {
        errors.push(said(error));
      }
    }
    const values = {
      [`list of ${expected} p50 ms`]: quantile(sorted(arrived), 0.5),
      [`list of ${expected}, read, p50 ms`]: quantile(sorted(read), 0.5),
    };
    return { values, errors };
  });
}

/** Some targets add tools of their own; none may be missing, and none may be there twice. */
function checkNames(names: readonly string[], target: Target, expected: number): void {
  const unique = new Set(names);
  const missing = toolNames(expected).filter((tool) => !unique.has(target.toolName(0, tool)));
  if (missing.length > 0)
    throw new Error(`${missing.length} of ${expected} tools are missing: ${missing[0]}`);
  if (unique.size !== names.length) throw new Error("a tool is listed twice");
  if (target.kind.isOwn && names.length !== expected)
    throw new Error(`${names.length} tools, not ${expected}`);
}
