/** Where a command may begin. */
import { realpathSync } from "node:fs";
import { sep } from "node:path";
import { PolicyFault } from "./policy.ts";

/**
 * @returns the folder without any link in its path, so that what was checked is what is used
 * @throws PolicyFault when it is outside of all that are allowed
 */
export function policedPlace(cwdWithin: readonly string[], cwd: string): string {
  if (cwdWithin.length === 0) return cwd;
  let real: string;
  try {
    real = realpathSync(cwd);
  } catch (cause) {
    throw new PolicyFault(
      `\`cwd\` can't be checked: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
  if (cwdWithin.some((folder) => isWithin(folder, real))) return real;
  throw new PolicyFault(
    `The policy of this server lets commands begin only in ${cwdWithin.join(", ")} and below; \`cwd\` is ${real}.`,
  );
}

export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
