/** A server that has no time left to look, ask and wait still leaves nothing of its commands behind. */
import { expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { Sessions } from "../../../servers/bash/src/session/sessions.ts";
import { CommandRunner, openPolicy } from "../../../servers/shell-core/src/index.ts";
import { expectNoneLeft, processesWithTag } from "../../support/processes.ts";
import { waitFor } from "../../support/wait-for.ts";

const command = "setsid sleep 1000 & env -u MCP_GATEWAY_SHELL_CALL setsid sleep 1000 & sleep 1000";
const { signal: cancelled } = new AbortController();

test("commands of calls, in the group or not, looked for or not", async () => {
  const mark = `mark-${randomUUID()}`;
  const runner = new CommandRunner(2);
  const env = { PATH: process.env["PATH"] ?? "", BASH_TEST_MARK: mark };
  const argv = ["bash", "-c", command] as const;
  const run = runner.run({ argv, cwd: "/", env, timeoutMs: 60_000, outputBytesMax: 1_024, cancelled });
  await waitFor(() => sleepers(mark) === 3);
  runner.killNow();
  await expectNoneLeft(mark);
  expect(await run).toMatchObject({ outcome: { signal: "SIGKILL" } });
});

test("what sessions run, too", async () => {
  const mark = `mark-${randomUUID()}`;
  const sessions = new Sessions({ sessionsMax: 2, idleMs: 60_000 }, openPolicy);
  const session = await sessions.open({ cwd: "/", env: { BASH_TEST_MARK: mark }, command });
  const given = { command, timeoutMs: 60_000, outputBytesMax: 1_024, cancelled, onOutput: undefined };
  const run = sessions.run(session, given);
  await waitFor(() => sleepers(mark) === 3);
  sessions.killNow();
  await expectNoneLeft(mark);
  expect((await run).end.kind).toBe("shell-ended");
});

function sleepers(mark: string): number {
  return processesWithTag(mark).filter(({ command: line }) => line === "sleep 1000").length;
}
