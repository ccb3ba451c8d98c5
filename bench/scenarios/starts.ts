/** From the start of the first process until a client has listed all tools: with nothing known, and once more. */
import { makeDirectory, startTarget, type TargetKind } from "../targets/target.ts";
import type { Measured } from "./scenario.ts";

const toolsOfEach = 10;

export async function starts(kind: TargetKind, backends: number, withFirst: boolean): Promise<Measured> {
  const values: Record<string, number> = {};
  if (withFirst && kind.keepsCode === true && backends === 1)
    values["start, first ever ms"] = await inFolder(
      async (folder) => await startMs(kind, backends, folder, true),
    );
  await inFolder(async (folder) => {
    values[`start, ${backends} backends, cold ms`] = await startMs(kind, backends, folder);
    if (kind.keepsLists === true)
      values[`start, ${backends} backends, known ms`] = await startMs(kind, backends, folder);
  });
  return { values, errors: [] };
}

async function startMs(
  kind: TargetKind,
  backends: number,
  folder: string,
  isFirstEver = false,
): Promise<number> {
  const target = await startTarget(kind, { tools: toolsOfEach, backends, isFirstEver }, folder);
  await target.stop();
  return target.startMs;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const directory = makeDirectory();
  try {
    return await work(directory.path);
  } finally {
    directory.remove();
  }
}
