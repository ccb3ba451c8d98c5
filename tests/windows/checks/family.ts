/** Proof of a tree's end: a family of real processes whose numbers are known. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Family implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "mcp-gateway-family-"));
  readonly #generations: number;

  constructor(generations: number) {
    this.#generations = generations;
  }

  get argv(): string[] {
    return [process.execPath, join(import.meta.dir, "sleeper.ts"), this.folder, String(this.#generations)];
  }

  /** A command line for cmd.exe: the first of the family, which starts the others. */
  get commandLine(): string {
    return this.argv.map((argument) => `"${argument}"`).join(" ");
  }

  get members(): number[] {
    return readdirSync(this.folder).map((name) => Number.parseInt(name, 10));
  }

  get alive(): number[] {
    return this.members.filter(isAlive);
  }

  async whole(timeoutMs = 30_000): Promise<void> {
    await until(() => this.members.length > this.#generations, timeoutMs, "the family was never whole");
  }

  async gone(timeoutMs = 5_000): Promise<void> {
    await until(() => this.alive.length === 0, timeoutMs, "processes were left running");
  }

  [Symbol.dispose](): void {
    for (const pid of this.alive) process.kill(pid, "SIGKILL");
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

export async function until(isSo: () => boolean, timeoutMs: number, otherwise: string): Promise<void> {
  const endAtMs = performance.now() + timeoutMs;
  while (!isSo()) {
    if (performance.now() > endAtMs) throw new Error(otherwise);
    await Bun.sleep(50);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // No such process.
  }
}
