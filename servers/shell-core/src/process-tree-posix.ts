/** A process group for what stays together; the tag, and the family that was seen, for what ran away from it. */
import { type ProcessEntry, type ReadProcessTable, readProcessTable } from "./process-table.ts";
import type { ProcessTree } from "./process-tree.ts";
import { sendSignal } from "./send-signal.ts";

export interface Belonging {
  /** The group that the command leads, while its number can't be anybody else's. */
  readonly group: number | undefined;
  readonly isTagged: (value: string) => boolean;
}

export class PosixProcessTree implements ProcessTree {
  readonly #group: number | undefined;
  readonly #isTagged: Belonging["isTagged"];
  readonly #readTable: ReadProcessTable;
  /** Living members of the latest look. */
  #members: readonly ProcessEntry[] = [];

  constructor(belonging: Belonging, readTable: ReadProcessTable = readProcessTable) {
    this.#group = belonging.group;
    this.#isTagged = belonging.isTagged;
    this.#readTable = readTable;
  }

  async survey(): Promise<number> {
    const known = new Set(this.#members.map(identity));
    this.#members = withDescendants(
      await this.#readTable(),
      (entry) => entry.group === this.#group || this.#isTagged(entry.tag) || known.has(identity(entry)),
    );
    return this.#members.length;
  }

  members(): readonly ProcessEntry[] {
    return this.#members;
  }

  adopt(entries: readonly ProcessEntry[]): void {
    this.#members = [...this.#members, ...entries];
  }

  mayLive(): boolean {
    return this.#group === undefined || sendSignal(-this.#group, 0);
  }

  terminate(): void {
    this.#signalAll("SIGTERM");
  }

  kill(): void {
    this.#signalAll("SIGKILL");
  }

  /** The group gets its signal in one step, so that none of its members can fork away meanwhile. */
  #signalAll(signal: NodeJS.Signals): void {
    if (this.#group !== undefined) sendSignal(-this.#group, signal);
    for (const { pid, group } of this.#members) if (group !== this.#group) sendSignal(pid, signal);
  }
}

/** The entries that belong, and whatever descends from one of them; never this process itself. */
export function withDescendants(
  table: readonly ProcessEntry[],
  belongs: (entry: ProcessEntry) => boolean,
): readonly ProcessEntry[] {
  const others = table.filter(({ pid }) => pid !== process.pid);
  const children = Map.groupBy(others, ({ parent }) => parent);
  const found = new Set(others.filter(belongs));
  // A set hands out what is added while it is walked, so this reaches all generations.
  for (const { pid } of found) for (const child of children.get(pid) ?? []) found.add(child);
  return [...found];
}

function identity({ pid, startedAt }: ProcessEntry): string {
  return `${pid} ${startedAt}`;
}
