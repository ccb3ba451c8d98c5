/** Output of the runners: one line to stdout. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
