/** Runs a program to its end and gives back all it said. */

export interface ProgramResult {
  readonly code: number | null;
  /** The signal that ended it; SIGKILL when it took longer than `timeoutMs`. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly timeoutMs?: number;
}

export async function runProgram(
  command: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const { timeoutMs = 60_000, cwd, environment, stdin } = options;
  const child = Bun.spawn([...command], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...environment },
    stdin: stdin === undefined ? "ignore" : new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return {
    code: child.exitCode,
    signal: child.signalCode === null ? null : String(child.signalCode),
    stdout,
    stderr,
  };
}

/** As `runProgram`; anything but exit code 0 is an error with all that was said. */
export async function runOrThrow(command: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const { code, signal, stdout, stderr } = await runProgram(command, options);
  if (code !== 0)
    throw new Error(
      `${command.join(" ")} ended with ${signal ?? code}:\n${stdout.slice(-4_000)}${stderr.slice(-4_000)}`,
    );
  return stdout;
}
