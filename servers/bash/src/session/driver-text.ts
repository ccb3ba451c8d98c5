/**
 * What a session's shell is given to read. Its own output goes nowhere: the real stdout and stderr are kept at
 * high numbers, and only what a run is about is connected to them. So nothing that the shell itself says (a
 * prompt, a trace of these lines, a finished job) gets between a run and its output.
 */

const out = 226;
const err = 227;
/** Escaped, because an interactive shell expands aliases. */
const builtin = "\\builtin";
/** All three digits, because a token may begin with one. */
const nul = "\\000";

export interface RunText {
  readonly command: string;
  /** What `$?` is when the command begins. */
  readonly lastStatus: number;
  /** Whether `set -x` was on when the last run ended. */
  readonly isTracing: boolean;
  /** Where to go first. */
  readonly cwd: string | undefined;
}

export function openingText(token: string): string {
  return [
    `exec ${out}>&1 ${err}>&2 >/dev/null 2>&1`,
    "set +m +H +o history; history -c; PS1= PS2=; unset HISTFILE",
    reportText(token),
  ].join("\n");
}

/**
 * The command is one quoted word, so that none of it can end before its time or take in what comes after.
 * Bash drops the line behind one that ends within a quote; the empty line is there to be dropped.
 */
export function runText({ command, lastStatus, isTracing, cwd }: RunText): string {
  const first = cwd === undefined ? "" : `${builtin} cd -- ${quoted(cwd)} && `;
  const status = lastStatus === 0 ? "" : `(exit ${lastStatus}) || `;
  const text = isTracing ? `set -x\n${command}` : command;
  const evaluated = `${first}${status}${builtin} eval -- ${quoted(text)}`;
  return `{ ${evaluated}; } </dev/null >&${out} 2>&${err} ${out}>&- ${err}>&-\n\n`;
}

/** Sent behind a run. No command knows the token, because none can read what the shell reads. */
export function reportText(token: string): string {
  // One write for all fields: what a background process writes at the same time can't come between them.
  // The folder is asked for, because PWD is a variable like any other; the dot keeps newlines at its end.
  const fields = `"$?" "$-" "$(${builtin} jobs -p; ${builtin} pwd; ${builtin} printf .)"`;
  return `{ ${builtin} printf '${nul}${token}${nul}%s${nul}%s${nul}%s${nul}' ${fields} >&${out}; ${builtin} printf '${nul}${token}${nul}' >&${err}; set +x; }\n`;
}

export const reportFields = 3;

export interface Report {
  readonly status: number;
  readonly isTracing: boolean;
  readonly jobs: readonly number[];
  readonly cwd: string;
}

export function readReport([status = "", flags = "", place = ""]: readonly string[]): Report {
  const jobs = /^(?:\d+\n)*/u.exec(place)?.[0] ?? "";
  return {
    status: Number(status),
    isTracing: flags.includes("x"),
    jobs: jobs
      .split("\n")
      .filter((pid) => pid !== "")
      .map(Number),
    cwd: place.slice(jobs.length).replace(/\n?\.$/u, ""),
  };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Takes away what an interactive bash says on stderr because it believes to have a terminal: `[1] 4711` for a
 * job of its own, and that its terminal can't be set.
 */
export function withoutTerminalTalk(text: string, shell: number, jobs: readonly number[]): string {
  const tty = new RegExp(`^\\S*bash: \\[${shell}: \\d+ \\(\\d+\\)\\] tc[sg]etattr: .*\\n`, "gmu");
  const quiet = text.replace(tty, "");
  if (jobs.length === 0) return quiet;
  return quiet.replace(new RegExp(`^\\[\\d+\\] (?:${jobs.join("|")})\\n`, "gmu"), "");
}
