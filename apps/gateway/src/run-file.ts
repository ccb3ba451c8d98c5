/** Where this gateway can be reached, in a file for the commands of the same user. */
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import type { RunFile } from "@mcp-gateway/contract";
import { type Clock, type Log, limits, makePrivateDirectory, messageOf } from "@mcp-gateway/kit";

export interface RunFilePlace {
  readonly runtimeDirectory: string;
  readonly runFilePath: string;
}

/**
 * Writes the file, and again whenever it is gone: what lies below /tmp for days is cleaned away, and without it
 * `gateway status` would call this gateway dead.
 * @returns removes it
 */
export function keepRunFile(place: RunFilePlace, facts: RunFile, clock: Clock, log: Log): () => void {
  write(place, facts);
  let cancel = (): void => {};
  const look = (): void => {
    cancel = clock.after(limits.runFileCheckMs, () => {
      try {
        if (!existsSync(place.runFilePath)) write(place, facts);
      } catch (error) {
        log.warning("run file was removed and can't be made again", { error: messageOf(error) });
      }
      look();
    });
  };
  look();
  return () => {
    cancel();
    rmSync(place.runFilePath, { force: true });
  };
}

function write({ runtimeDirectory, runFilePath }: RunFilePlace, facts: RunFile): void {
  makePrivateDirectory(runtimeDirectory);
  writeFileSync(runFilePath, `${JSON.stringify(facts)}\n`, { mode: 0o600 });
  chmodSync(runFilePath, 0o600);
}
