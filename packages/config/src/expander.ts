/** Expands one value after the other, and says at which value something is missing. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Faults, KeyPath } from "./fault.ts";
import type { FileText } from "./read-file.ts";
import type { Secrets } from "./secrets.ts";
import { parseTemplate, resolveTemplate } from "./template.ts";

export interface Place {
  readonly offset: number;
  readonly path: KeyPath;
}

export interface Surroundings {
  /** The configuration file's folder. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /** Contents of the files that `${file:…}` names, by absolute path. */
  readonly files: ReadonlyMap<string, FileText>;
  readonly faults: Faults;
  readonly secrets: Secrets;
}

export class Expander {
  readonly #around: Surroundings;
  readonly #active: boolean;

  /** @param active false: values are left as they stand, and nothing is said about them */
  constructor(around: Surroundings, active: boolean) {
    this.#around = around;
    this.#active = active;
  }

  /** Undefined when something is missing; the fault is noted. */
  expand(text: string, place: Place): string | undefined {
    if (!this.#active) return text;
    const { folder, environment, files, faults, secrets } = this.#around;
    if (text.includes("\0")) {
      faults.fault(
        place.offset,
        place.path,
        "has a NUL character, which no program and no server can be given.",
      );
      return undefined;
    }
    const template = parseTemplate(text);
    if (!template.ok) {
      faults.fault(place.offset, place.path, template.message);
      return undefined;
    }
    const resolved = resolveTemplate(template.parts, {
      variable: (name) => (Object.hasOwn(environment, name) ? environment[name] : undefined),
      file: (path) => files.get(resolvePath(folder, path)) ?? { ok: false, reason: "was not read." },
    });
    for (const message of resolved.messages) faults.fault(place.offset, place.path, message);
    for (const { from, value } of resolved.origins) secrets.fromOutside(from, value);
    return resolved.text;
  }
}

/** `~` and `~/…` are the home folder, anything else relative counts from `folder`. */
export function resolvePath(folder: string, path: string): string {
  return resolve(folder, expandHome(path));
}

export function expandHome(path: string): string {
  if (path === "~") return homedir();
  return /^~[\\/]/.test(path) ? join(homedir(), path.slice(2)) : path;
}
