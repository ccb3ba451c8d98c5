/** One client lists all tools, and each must be there once. */
import { toolNames } from "../backend-tools.ts";
import { listTools } from "../load/client.ts";
import { quantile, sorted } from "../report/statistics.ts";
import type { Target } from "../targets/target.ts";
import { type Measured, repeated, type Sizes, withDeadline } from "./scenario.ts";

export async function listing(
  target: Target,
  expected: number,
  lists: number,
  sizes: Sizes,
): Promise<Measured> {
  const client = await target.open(1);
  const errors: string[] = [];
  return await withDeadline([client], async () => {
    const listed = await repeated(lists, sizes, errors, async () => {
      const list = await listTools(client);
      checkNames(list.names, target, expected);
      return list;
    });
    const median = (times: readonly number[]): number => quantile(sorted(times), 0.5);
    const values = {
      [`list of ${expected} p50 ms`]: median(listed.map(({ arrivedMs }) => arrivedMs)),
      [`list of ${expected}, read, p50 ms`]: median(listed.map(({ readMs }) => readMs)),
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
