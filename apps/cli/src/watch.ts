/** Shows something again and again: in place on a terminal, one below the other elsewhere. */
import { limits } from "@mcp-gateway/kit/limits";
import { write, writeLines } from "./terminal.ts";
import { frameText } from "./view/frame.ts";

export interface Look {
  readonly lines: readonly string[];
  readonly exitCode: number;
}

// Without a cursor, and without wrapping: a line too long is cut by the terminal instead of pushing the others down.
const alternateScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const normalScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** Until `q` or Ctrl-C; returns the exit code of the last look. */
export async function watch(
  look: () => Promise<Look>,
  options: { readonly inPlace: boolean },
): Promise<number> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
  return options.inPlace ? await watchInPlace(look, ending) : await watchBelow(look, ending.signal);
}

async function watchBelow(look: () => Promise<Look>, ending: AbortSignal): Promise<number> {
  for (;;) {
    const { lines, exitCode } = await look();
    await writeLines(lines);
    await pause(ending);
    if (ending.aborted || process.stdout.destroyed) return exitCode;
  }
}

async function watchInPlace(look: () => Promise<Look>, ending: AbortController): Promise<number> {
  let last: Look = { lines: [], exitCode: 0 };
  const draw = (): Promise<void> => write(frameText(last.lines, process.stdout.rows || 24));
  const redraw = (): void => void draw();
  const unkey = onQuitKey(() => ending.abort());
  process.stdout.on("resize", redraw);
  await write(alternateScreen);
  try {
    while (!ending.signal.aborted) {
      last = await look();
      if (ending.signal.aborted) break;
      await draw();
      await pause(ending.signal);
    }
  } finally {
    process.stdout.off("resize", redraw);
    unkey();
    await write(normalScreen);
  }
  // The last picture stays readable where the command was typed.
  await writeLines(last.lines);
  return last.exitCode;
}

/** In raw mode Ctrl-C is a key like any other. */
function onQuitKey(quit: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  const onKey = (keys: Buffer): void => {
    if (/[qQ\x03\x04]/.test(keys.toString("latin1"))) quit();
  };
  stdin.setRawMode(true);
  stdin.on("data", onKey);
  return () => {
    stdin.off("data", onKey);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

function pause(ending: AbortSignal): Promise<void> {
  if (ending.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      ending.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, limits.cliWatchEveryMs);
    ending.addEventListener("abort", done);
  });
}
