/** What a program said before it ended, cut to the lines that say why. Pure. */

/**
 * The last lines of a program that ended are often the tail of a stack trace, or where its log is. Where a line is
 * an error by its own words, what is shown begins there; otherwise the newest lines are.
 */
export function tellingLines(stderr: readonly string[], max: number): readonly string[] {
  const lines = stderr.filter((line) => line.trim() !== "" && !isFrame(line));
  const first = lines.findIndex((line) => error.test(line));
  return first === -1 ? lines.slice(-max) : lines.slice(first, first + max);
}

/** `TypeError: …`, `[error] …`, `npm error …`, `fatal: …`, `panic: …`, `Unhandled exception. System.IOException: …` */
const error =
  /^(\W*\w*(Error|Exception)\b(:|$)|npm (error|ERR!)|\W*(error|fatal|panic)\b)|\b(error|fatal|panic(ked)?)\b.*:|\w(Error|Exception): /i;

/** Of a stack trace: of JavaScript and the JVM, of Python. */
function isFrame(line: string): boolean {
  return /^\s+at |^\s+File "|^\s*at .*:\d+:\d+\)?( \{)?$/.test(line);
}
