/** `gateway status`: one look, or one every second; the exit code says the state to scripts. */
import { defineCommand } from "citty";
import { exitCodeOf, observe } from "../api/observe.ts";
import { configPathOf, findTarget, type Target } from "../api/target.ts";
import { hintsFor, targetArgs } from "../instance.ts";
import type { CommandHints } from "../invocation.ts";
import { systemFolders } from "../service/service-plan.ts";
import { paintFor, widthOf, writeJson, writeLines } from "../terminal.ts";
import { jsonOf } from "../view/status-model.ts";
import { statusLines, type ViewContext } from "../view/status-view.ts";
import { watch } from "../watch.ts";

export const status = defineCommand({
  meta: { name: "status", description: "Show the state, the servers, and what needs attention" },
  args: {
    json: { type: "boolean", description: "Print the status as JSON" },
    watch: { type: "boolean", alias: "w", description: "Redraw every second; q ends it" },
    ...targetArgs,
  },
  async run({ args }) {
    const target = findTarget(args);
    const configPath = configPathOf(target);
    const inPlace = process.stdout.isTTY === true && !args.json;
    const look = async (): Promise<{ readonly lines: readonly string[]; readonly exitCode: number }> => {
      const observation = await observe(target);
      const lines = args.json
        ? [JSON.stringify(jsonOf(observation, configPath))]
        : // A terminal that is drawn over loses what stands in its last column.
          statusLines(observation, contextFor(target, inPlace ? 1 : 0));
      return { lines, exitCode: exitCodeOf(observation) };
    };
    if (args.watch) {
      process.exitCode = await watch(look, { inPlace });
      return;
    }
    const observation = await observe(target);
    if (args.json) await writeJson(jsonOf(observation, configPath));
    else await writeLines(statusLines(observation, contextFor(target)));
    process.exitCode = exitCodeOf(observation);
  },
});

function contextFor(target: Target, margin = 0): ViewContext {
  return {
    nowMs: Date.now(),
    width: widthOf(process.stdout) - margin,
    paint: paintFor(process.stdout),
    hints: hintsOf(target),
  };
}

/** One that is a service is not started beside it. */
function hintsOf(target: Target): CommandHints {
  const hints = hintsFor(configPathOf(target));
  const isService =
    target.kind === "instance" && target.paths.runtimeDirectory.startsWith(`${systemFolders.runtime}/`);
  return isService ? { ...hints, start: hintsFor(undefined).of("service start") } : hints;
}
