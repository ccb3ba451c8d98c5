/** A backend is killed while 16 sessions with 4 calls each use it: what fails, and when calls succeed again. */
import { WrongAnswer } from "../load/answers.ts";
import { call } from "../load/client.ts";
import type { Target } from "../targets/target.ts";
import { type Measured, said, withDeadline } from "./scenario.ts";

const sessions = 16;
const lanes = 4;
/** How much work there is before the kill. */
const callsBefore = 2_000;
/** A call that failed at once is not repeated at once. */
const retryMs = 10;
const afterRecoveryMs = 500;

interface Tally {
  answered: number;
  failed: number;
  /** When a call that was begun after the kill was answered. */
  recoveredMs: number;
  readonly wrong: string[];
}

export async function killedUnderLoad(target: Target, patienceMs: number): Promise<Measured> {
  const clients = await Promise.all(Array.from({ length: sessions }, () => target.open(lanes)));
  const tool = target.toolName(0, "echo");
  const tally: Tally = { answered: 0, failed: 0, recoveredMs: Number.NaN, wrong: [] };
  let killedMs = Number.POSITIVE_INFINITY;
  let isOver = false;
  const run = async (session: number, lane: number): Promise<void> => {
    const client = clients[session];
    for (let at = 0; client !== undefined && !isOver; at += 1) {
      const text = `session ${session} lane ${lane} call ${at}`;
      const begunMs = performance.now();
      try {
        await call(client, lane, tool, { text }, text);
        tally.answered += 1;
        if (begunMs > killedMs && Number.isNaN(tally.recoveredMs)) tally.recoveredMs = performance.now();
      } catch (error) {
        if (isOver) return;
        tally.failed += 1;
        if (error instanceof WrongAnswer) tally.wrong.push(said(error));
        await Bun.sleep(retryMs);
      }
    }
  };
  return await withDeadline(clients, async () => {
    const running = clients.flatMap((_, session) =>
      Array.from({ length: lanes }, async (__, lane) => await run(session, lane)),
    );
    await untilTrue(() => tally.answered >= callsBefore, patienceMs);
    const failedBefore = tally.failed;
    killedMs = performance.now();
    for (const pid of target.processes.backend(0)) process.kill(pid, "SIGKILL");
    await untilTrue(() => !Number.isNaN(tally.recoveredMs), patienceMs);
    const failed = tally.failed - failedBefore;
    await Bun.sleep(afterRecoveryMs);
    isOver = true;
    for (const client of clients) client.close();
    await Promise.all(running);
    const values = {
      "killed backend, failed calls": failed,
      "killed backend, recovery ms": tally.recoveredMs - killedMs,
    };
    return { values, errors: tally.wrong };
  });
}

async function untilTrue(isTrue: () => boolean, patienceMs: number): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!isTrue() && performance.now() < endMs) await Bun.sleep(5);
}
