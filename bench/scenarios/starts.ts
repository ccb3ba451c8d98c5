/** From the start of the first process until a client has listed all tools: with nothing known, and once more. */
import { makeDirectory, startTarget, type TargetKind } from "../targets/target.ts";
import type { Measured } from "./scenario.ts";

const toolsOfEach = 10;

export async function starts(kind: TargetKind, backends: number): Promise<Measured> {
  const directory = makeDirectory();
  try {
    const coldMs = await startOnce(kind, backends, directory.path);
    const values = { [`start, ${backends} backends, cold ms`]: coldMs };
    if (kind.keepsLists !== true) return { values, errors: [] };
    const knownMs = await startOnce(kind, backends, directory.path);
    return { values: { ...values, [`start, ${backends} backends, known ms`]: knownMs }, errors: [] };
  } finally {
    directory.remove();
  }
}

async function startOnce(kind: TargetKind, backends: number, directory: string): Promise<number> {
  const target = await startTarget(kind, { tools: toolsOfEach, backends }, directory);
  await target.stop();
  return target.startMs;
}
