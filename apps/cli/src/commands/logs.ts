/** `gateway logs`: the run's log files merged by time, for all or for one server. */

import { type LogLevel, limits, logLevels } from "@mcp-gateway/kit";
import { defineCommand } from "citty";
import { adminClient } from "../api/observe.ts";
import { findTarget, lastRun, type Target } from "../api/target.ts";
import { CliError } from "../cli-error.ts";
import { integerOption } from "../command-line.ts";
import { exitCodes } from "../exit-codes.ts";
import { hintsFor, targetArgs } from "../instance.ts";
import { filesOf, GrowingFile, lastLines, newestRun, type RunLogs, runOfFile } from "../logs/log-files.ts";
import { type LogLine, logFilter, logText, mergeByTime, parseLogLine } from "../logs/log-line.ts";
import { didYouMean } from "../nearest.ts";
import { paintFor, writeLines } from "../terminal.ts";

export const logs = defineCommand({
  meta: { name: "logs", description: "Show the log of the last run, of all servers or of one" },
  args: {
    server: {
      type: "positional",
      required: false,
      valueHint: "server",
      description: "Only lines about this server",
    },
    follow: { type: "boolean", alias: "f", description: "Go on showing what is written" },
    lines: { type: "string", alias: "n", valueHint: "count", description: "How many lines (default: 50)" },
    level: {
      type: "enum",
      valueHint: "level",
      options: [...logLevels],
      description: "Only this and worse: debug, info, warning, error, critical",
    },
    ...targetArgs,
  },
  async run({ args }) {
    const target = findTarget(args);
    const count =
      args.lines === undefined ? 50 : integerOption("--lines", args.lines, 0, limits.cliLogLinesMax);
    const levelMin: LogLevel | undefined = logLevels.find((level) => level === args.level);
    const accept = logFilter({ server: args.server, levelMin });
    const run = await findRun(target);
    if (run === undefined) {
      throw new CliError(
        "There is no log yet: the gateway never ran with this configuration.",
        exitCodes.notRunning,
      );
    }
    const growing = filesOf(run).map((path) => GrowingFile.atEnd(path));
    const shown = lastOf(run, count, accept);
    if (shown.length === 0 && args.server !== undefined) await checkServer(target, args.server);
    await writeLines(shown.map((line) => logText(line, paintFor(process.stdout))));
    if (args.follow) await follow(target, run, growing, accept);
  },
});

function lastOf(run: RunLogs, count: number, accept: (line: LogLine) => boolean): readonly LogLine[] {
  const read = (text: string): LogLine | undefined => {
    const line = parseLogLine(text);
    return line !== undefined && accept(line) ? line : undefined;
  };
  const merged = mergeByTime(filesOf(run).map((path) => lastLines(path, count, read)));
  return merged.slice(Math.max(0, merged.length - count));
}

/** Until Ctrl-C. A new run, or the next part of a full file, is taken up when it appears. */
async function follow(
  target: Target,
  from: RunLogs,
  files: GrowingFile[],
  accept: (line: LogLine) => boolean,
): Promise<void> {
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => ending.abort());
  const paint = paintFor(process.stdout);
  let run = from;
  while (!ending.signal.aborted && !process.stdout.destroyed) {
    run = (target.kind === "instance" ? runOfLast(target) : undefined) ?? run;
    for (const path of filesOf(run))
      if (!files.some((file) => file.path === path)) files.push(new GrowingFile(path, 0));
    const lists = files.map((file) =>
      file
        .newLines()
        .flatMap((text) => parseLogLine(text) ?? [])
        .filter(accept),
    );
    await writeLines(mergeByTime(lists).map((line) => logText(line, paint)));
    await pause(limits.cliLogPollMs, ending.signal);
  }
}

async function findRun(target: Target): Promise<RunLogs | undefined> {
  if (target.kind === "address") return runOfFile((await adminClient(target)?.status())?.logFile ?? "");
  const known = runOfLast(target);
  if (known !== undefined && filesOf(known).length > 0) return known;
  const { loadGatewaySettings } = await import("@mcp-gateway/config");
  const loaded = await loadGatewaySettings(target.configPath);
  return loaded.ok ? newestRun(loaded.settings.logDirectory) : undefined;
}

/** The run file stays when the gateway is killed: its log says why. */
function runOfLast(target: Extract<Target, { kind: "instance" }>): RunLogs | undefined {
  return runOfFile(lastRun(target.paths)?.logFile ?? "");
}

async function checkServer(target: Target, server: string): Promise<void> {
  if (target.kind === "address") return;
  const { loadGatewaySettings } = await import("@mcp-gateway/config");
  const loaded = await loadGatewaySettings(target.configPath);
  if (!loaded.ok || loaded.serverNames.includes(server)) return;
  throw new CliError(
    `There is no server ${server}.${didYouMean(server, loaded.serverNames)}`,
    exitCodes.failed,
    [`All of them: ${hintsFor(target.configPath).of("status")}`],
  );
}

function pause(ms: number, ending: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      ending.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    ending.addEventListener("abort", done);
  });
}
