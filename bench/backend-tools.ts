/** The names of the tools that each backend of the benchmark has: two that are called, and fillers. */
export function toolNames(count: number): readonly string[] {
  return Array.from({ length: Math.max(2, count) }, (_, at) =>
    at === 0 ? "echo" : at === 1 ? "big" : `filler_${String(at).padStart(5, "0")}`,
  );
}
