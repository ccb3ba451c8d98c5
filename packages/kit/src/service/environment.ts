/**
 * What systemd tells a service about itself, in its environment. Programs that a service starts inherit it, and one that
 * takes it for its own would say "ready" in our name, or write into our folders. Pure.
 */

const told: ReadonlySet<string> = new Set([
  "NOTIFY_SOCKET",
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
  "INVOCATION_ID",
  "JOURNAL_STREAM",
  "SYSTEMD_EXEC_PID",
  "RUNTIME_DIRECTORY",
  "STATE_DIRECTORY",
  "CACHE_DIRECTORY",
  "LOGS_DIRECTORY",
  "CONFIGURATION_DIRECTORY",
  "MEMORY_PRESSURE_WATCH",
  "MEMORY_PRESSURE_WRITE",
]);

/** Whether systemd started this process, and waits to hear from it. */
export function isWatchedService(environment: NodeJS.ProcessEnv): boolean {
  return (environment["NOTIFY_SOCKET"] ?? "") !== "";
}

/** For a program of somebody else. Where no service manager listens, these names are anybody's. */
export function withoutServiceVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!isWatchedService(environment)) return environment;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !told.has(name)));
}

/**
 * How often the watchdog is to be told that this process is alive: three times in the time it waits.
 * @returns undefined when there is no watchdog, or it watches another process
 */
export function watchdogEveryMs(environment: NodeJS.ProcessEnv, pid: number): number | undefined {
  const microseconds = Number(environment["WATCHDOG_USEC"]);
  const watched = environment["WATCHDOG_PID"];
  if (!(microseconds > 0) || (watched !== undefined && watched !== String(pid))) return undefined;
  return microseconds / 1_000 / 3;
}
