/**
 * Gives back the pages of the runtime's own code that only the start went through, two thirds of what is resident of
 * it. They are mapped from a file and never written: the system keeps them in its cache for all processes, and maps
 * one again in a microsecond when it is needed.
 */
import { readFileSync } from "node:fs";
import { limits } from "./limits.ts";

const madviseDontNeed = 4;

/** When the start is over, and once more. Only on Linux; where it can't be done, nothing is lost. */
export function releaseStartCodeLater(): void {
  if (process.platform !== "linux") return;
  for (const afterMs of [limits.startCodeReleaseMs, limits.startCodeReleaseAgainMs])
    setTimeout(() => void release().catch(() => {}), afterMs).unref();
}

async function release(): Promise<void> {
  const { dlopen } = await import("bun:ffi");
  const libc = dlopen("libc.so.6", { madvise: { args: ["u64", "u64", "i32"], returns: "i32" } });
  for (const { start, end } of fileCode(readFileSync("/proc/self/maps", "utf8")))
    libc.symbols.madvise(start, end - start, madviseDontNeed);
  libc.close();
}

/** Mappings of code from files. What the compiler makes at run time is mapped from none, and must stay. */
export function fileCode(maps: string): readonly { readonly start: bigint; readonly end: bigint }[] {
  return Array.from(
    maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) r-xp \S+ \S+ [1-9]\d* /gmu),
    ([, start = "0", end = "0"]) => ({ start: BigInt(`0x${start}`), end: BigInt(`0x${end}`) }),
  );
}
