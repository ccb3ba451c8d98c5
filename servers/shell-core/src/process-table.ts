/** The processes of this machine, with the tag in their environment; read in the way the system offers. */
import { readProcTable } from "./process-table-linux.ts";
import { readPsTable } from "./process-table-ps.ts";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Distinguishes two processes that had the same number; empty where it is unknown. */
  readonly startedAt: string;
  /** The value of the tag variable; empty without one. */
  readonly tag: string;
}

export type ReadProcessTable = () => Promise<readonly ProcessEntry[]>;

/** Every living process; zombies are left out. */
export const readProcessTable: ReadProcessTable = process.platform === "linux" ? readProcTable : readPsTable;
