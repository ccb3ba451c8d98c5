/** `gateway start|stop|restart <server>`: asks for it, then waits until it is so, or says why not. */

import { limits } from "@mcp-gateway/kit";
import { printable } from "@mcp-gateway/kit/terminal-text";
import { defineCommand } from "citty";
import type { ServerOperation } from "../api/admin-client.ts";
import { type Observation, observe } from "../api/observe.ts";
import { operate } from "../api/operate.ts";
import { configPathOf, findTarget, type Target } from "../api/target.ts";
import { CliError } from "../cli-error.ts";
import { integerOption } from "../command-line.ts";
import { hintsFor, serverArg, targetArgs } from "../instance.ts";
import { shellWord } from "../invocation.ts";
import { judgeProgress, type Progress } from "../operation-progress.ts";
import { paintFor, writeLines } from "../terminal.ts";
import { plural } from "../view/quantities.ts";
import { rowsOf } from "../view/status-model.ts";

function operationCommand(operation: ServerOperation, description: string) {
  return defineCommand({
    meta: { name: operation, description },
    args: {
      ...serverArg,
      timeout: {
        type: "string",
        valueHint: "seconds",
        description: "How long to wait until it is done (default: 90)",
      },
      ...targetArgs,
    },
    async run({ args }) {
      const target = findTarget(args);
      const waitMs =
        args.timeout === undefined
          ? limits.cliRestartWaitMsMax
          : integerOption("--timeout", args.timeout, 0, 3600) * 1000;
      const askedAt = Date.now();
      const before = await observe(target);
      await operate(target, operation, args.server);
      const progress = await waitFor(target, args.server, operation, before, askedAt, waitMs);
      await sayOutcome(target, args.server, operation, progress);
    },
  });
}

export const restart = operationCommand("restart", "Restart a server and wait until it is ready");
export const start = operationCommand("start", "Start a server that was stopped or gave up");
export const stop = operationCommand("stop", "Stop a server until it is started again");

/** Until it is done, it failed, or the time is over. */
export async function waitFor(
  target: Target,
  server: string,
  operation: ServerOperation,
  before: Observation,
  askedAt: number,
  waitMs: number,
): Promise<Progress> {
  const previous = rowsOf(before).find((row) => row.name === server);
  const deadline = askedAt + waitMs;
  for (;;) {
    const row = rowsOf(await observe(target)).find((candidate) => candidate.name === server);
    const progress = judgeProgress(operation, previous, row, askedAt);
    if (progress.kind !== "pending" || Date.now() >= deadline) return progress;
    await Bun.sleep(limits.cliRestartPollMs);
  }
}

/** @throws CliError when it is not done */
export async function sayOutcome(
  target: Target,
  server: string,
  operation: ServerOperation,
  progress: Progress,
): Promise<void> {
  const paint = paintFor(process.stdout);
  const name = paint.bold(printable(server));
  const hints = hintsFor(configPathOf(target));
  switch (progress.kind) {
    case "ready": {
      const tools = progress.tools === undefined ? "" : ` with ${plural(progress.tools, "tool")}`;
      await writeLines([`${paint.green("✔")} ${name} is ready${tools}.`]);
      return;
    }
    case "stopped":
      await writeLines([
        `${paint.green("✔")} ${name} is stopped. Start it again: ${hints.of(`start ${shellWord(server)}`)}`,
      ]);
      return;
    case "failed":
      throw new CliError(`${server} failed at ${progress.stage}: ${printable(progress.message)}`, 1, [
        ...(progress.remedy === "" ? [] : [printable(progress.remedy)]),
        `Its output: ${hints.of(`logs ${shellWord(server)}`)}`,
      ]);
    case "pending":
      throw new CliError(
        `${server} was asked to ${operation}; it is ${progress.state} and not done yet.`,
        4,
        [`Look again: ${hints.of("status")}`],
      );
    default:
      progress satisfies never;
  }
}
