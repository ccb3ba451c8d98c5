/** What a script can tell from the exit code; docs/cli.md has the table. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** `up`: the start failed (configuration, address). `status`: nothing is running. */
  startFailed: 3,
  notRunning: 3,
  starting: 4,
  degraded: 5,
  supervisorDown: 6,
  gatewayDown: 7,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
