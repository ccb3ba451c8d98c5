/** How the supervisor process ends, for the launcher and for service managers. */
export const exitCodes = {
  ok: 0,
  /** Asked twice, or it could not start. */
  killed: 1,
  usage: 2,
  config: 3,
  alreadyRunning: 4,
  /** As `config`, and the launcher is to tell the faults. */
  configUntold: 5,
  crashed: 70,
} as const;
