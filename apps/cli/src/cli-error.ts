/** A failure that is said in plain lines and ends the program with a given code. Never a stack trace. */
import { exitCodes } from "./exit-codes.ts";

export class CliError extends Error {
  override readonly name: string = "CliError";
  readonly exitCode: number;
  /** What to do, one line each. */
  readonly hints: readonly string[];

  constructor(message: string, exitCode: number = exitCodes.failed, hints: readonly string[] = []) {
    super(message);
    this.exitCode = exitCode;
    this.hints = hints;
  }
}

/** The command line itself is wrong. */
export class UsageError extends CliError {
  override readonly name = "UsageError";

  constructor(message: string, hints: readonly string[] = []) {
    super(message, exitCodes.usage, hints);
  }
}
