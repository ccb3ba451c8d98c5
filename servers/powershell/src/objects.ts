/** The command's output objects, as the script reported them. */

export type ReadObjects =
  | { readonly kind: "objects"; readonly objects: readonly unknown[] }
  | { readonly kind: "long"; readonly characters: number }
  /** The command ended before its output was made JSON. */
  | { readonly kind: "none" };

export function readObjects(reports: readonly string[]): ReadObjects {
  for (const report of reports) {
    if (report.startsWith("long ")) return { kind: "long", characters: Number(report.slice(5)) };
    if (report.startsWith("json ")) return parse(report.slice(5));
  }
  return { kind: "none" };
}

function parse(json: string): ReadObjects {
  try {
    const value: unknown = JSON.parse(json);
    return { kind: "objects", objects: Array.isArray(value) ? value : unwrapped(value) };
  } catch {
    return { kind: "none" }; // Cut off: the command was ended while it wrote.
  }
}

/** Windows PowerShell shows some arrays as an object of `value` and `Count`. */
function unwrapped(value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [value];
  const isWrapped = "value" in value && "Count" in value && Object.keys(value).length === 2;
  return isWrapped && Array.isArray(value.value) ? value.value : [value];
}
