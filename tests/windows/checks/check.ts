/** One thing to find out, and a list of them: the same on a user's Windows and under Wine. */

export interface Check {
  readonly name: string;
  /** Resolves when it is so; a text is told beside the name. Throws `Skipped` when it can't be found out here. */
  run(): Promise<unknown>;
  /** It does little but wait for a time limit to be over: others go on beside it. */
  readonly isWaiting?: boolean;
}

export interface CheckGroup {
  readonly group: string;
  readonly checks: readonly Check[];
}

export class Skipped extends Error {
  override readonly name = "Skipped";
}

export interface CheckOutcome {
  readonly name: string;
  readonly state: "passed" | "failed" | "skipped";
  readonly note: string;
  readonly ms: number;
}

const checkTimeoutMs = 120_000;
/** Much of a check's time goes by until programs have started and ended. */
const checksAtOnce = 3;

/** @param wanted only checks in whose name it stands */
export async function runChecks(
  groups: readonly CheckGroup[],
  tell: (outcome: CheckOutcome) => void,
  wanted = "",
): Promise<CheckOutcome[]> {
  const all = groups
    .flatMap(({ group, checks }) => checks.map((check) => ({ group, check })))
    .filter(({ group, check }) => `${group}: ${check.name}`.includes(wanted));
  const outcomes = new Map<Check, CheckOutcome>();
  const run = async ({ group, check }: (typeof all)[number]): Promise<void> => {
    const startedAtMs = performance.now();
    const { state, note } = await oneCheck(check.run);
    const ms = Math.round(performance.now() - startedAtMs);
    const outcome = { name: `${group}: ${check.name}`, state, note, ms };
    outcomes.set(check, outcome);
    tell(outcome);
  };
  const waiting = all.filter(({ check }) => check.isWaiting === true).map(run);
  await inParallel(
    all.filter(({ check }) => check.isWaiting !== true),
    checksAtOnce,
    run,
  );
  await Promise.all(waiting);
  return all.flatMap(({ check }) => outcomes.get(check) ?? []);
}

export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const work = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function oneCheck(run: Check["run"]): Promise<Pick<CheckOutcome, "state" | "note">> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${checkTimeoutMs} ms`)), checkTimeoutMs);
  });
  try {
    const told = await Promise.race([run(), late]);
    return { state: "passed", note: typeof told === "string" ? told : "" };
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error);
    return { state: error instanceof Skipped ? "skipped" : "failed", note };
  } finally {
    clearTimeout(timer);
  }
}

/** Wine says so in the environment of what it runs. */
export const isWine = process.env["WINELOADER"] !== undefined || process.env["WINEHOMEDIR"] !== undefined;

const signs = { passed: "ok  ", failed: "FAIL", skipped: "skip" } as const;

export function outcomeLine({ name, state, note, ms }: CheckOutcome): string {
  const indented = note === "" ? "" : ` (${note.replaceAll("\n", "\n       ")})`;
  return `${signs[state]}  ${name} [${ms} ms]${indented}`;
}

export function equal(found: unknown, expected: unknown, what = "value"): void {
  if (Bun.deepEquals(found, expected)) return;
  throw new Error(`${what}: expected ${shown(expected)}, found ${shown(found)}`);
}

export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text;
}
