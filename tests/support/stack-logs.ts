/** What the processes of a stack said, for the error of a failed test. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The launcher's output and every log file, each under its name. */
export function readLogs(path: string): string {
  const files = [join(path, "launcher.out"), join(path, "launcher.err")];
  const logs = join(path, "logs");
  if (existsSync(logs))
    files.push(
      ...readdirSync(logs)
        .sort()
        .map((name) => join(logs, name)),
    );
  return files
    .filter((file) => existsSync(file))
    .map((file) => `--- ${file}\n${readFileSync(file, "utf8")}`)
    .join("\n");
}

/** The end of each part, so that one talkative process does not hide the others. */
export function tail(text: string): string {
  const parts = text.split(/^(?=--- )/mu);
  return parts
    .map((part) => (part.length <= 4_000 ? part : `${part.slice(0, 120)}\n[…]\n${part.slice(-3_500)}`))
    .join("");
}
