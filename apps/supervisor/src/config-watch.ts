/**
 * Notices that the configuration file changed. Editors replace files instead of writing them, so the folder
 * is watched; links and network folders report nothing, so the file is also looked at now and then.
 */
import { type FSWatcher, statSync, watch } from "node:fs";
import { dirname } from "node:path";
import { type Log, limits, messageOf } from "@mcp-gateway/kit";

export class ConfigWatch {
  readonly #path: string;
  readonly #log: Log;
  readonly #onChange: () => void;
  #watcher: FSWatcher | undefined;
  #debounce: ReturnType<typeof setTimeout> | undefined;
  readonly #poll: ReturnType<typeof setInterval>;
  #signature: string;

  constructor(path: string, log: Log, onChange: () => void) {
    this.#path = path;
    this.#log = log;
    this.#onChange = onChange;
    this.#signature = signatureOf(path);
    this.#watch();
    this.#poll = setInterval(() => {
      if (this.#watcher === undefined) this.#watch();
      this.#look();
    }, limits.configWatchRetryMs);
  }

  close(): void {
    clearInterval(this.#poll);
    clearTimeout(this.#debounce);
    this.#debounce = undefined;
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #watch(): void {
    try {
      this.#watcher = watch(dirname(this.#path), () => this.#look());
      this.#watcher.on("error", () => {
        this.#watcher?.close();
        this.#watcher = undefined; // The folder was replaced or removed: the next look tries again.
      });
    } catch (error) {
      this.#log.debug("configuration folder can't be watched", { error: messageOf(error) });
    }
  }

  /** A writer may not be done: the file is read when it has been left alone for a moment. */
  #look(): void {
    const signature = signatureOf(this.#path);
    if (signature === this.#signature) return;
    this.#signature = signature;
    clearTimeout(this.#debounce);
    this.#debounce = setTimeout(() => {
      this.#debounce = undefined;
      this.#onChange();
    }, limits.configReloadDebounceMs);
  }
}

/** Differs when the file was written or replaced; follows links. */
function signatureOf(path: string): string {
  try {
    const stat = statSync(path, { bigint: true });
    return `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
  } catch {
    return "absent"; // Between removal and replacement there is no file.
  }
}
