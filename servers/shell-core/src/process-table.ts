/** The processes of this machine, with the tag in their environment; read in the way the system offers. */
import { type ProcessEntry, readProcTable } from "@mcp-gateway/kit/proc-table";
import { tagVariable } from "./call-tag.ts";
import { readPsTable } from "./process-table-ps.ts";

export type { ProcessEntry } from "@mcp-gateway/kit/proc-table";

export type ReadProcessTable = () => Promise<readonly ProcessEntry[]>;

/** Every living process; zombies are left out. */
export const readProcessTable: ReadProcessTable =
  process.platform === "linux" ? () => readProcTable(tagVariable) : readPsTable;
