/**
 * Stands in for one of the launcher's processes and writes what happens to it into a journal:
 * stand-in.ts <name> <mode> <journal>. Modes: `calm` · `stubborn` (ignores SIGTERM) · `exit-<code>`.
 */
import { appendFileSync } from "node:fs";

const [name = "", mode = "", journal = ""] = process.argv.slice(2);
const note = (event: string): void => appendFileSync(journal, `${name} ${event} ${process.pid}\n`);

process.on("SIGTERM", () => {
  note("term");
  if (mode === "stubborn") return;
  note("ended");
  process.exit(0);
});
process.on("SIGHUP", () => note("hangup"));
process.on("SIGINT", () => {});
process.stdin.on("end", () => {
  note("leash");
  process.exit(0);
});
process.stdin.resume();
note("started");
if (mode.startsWith("exit-")) process.exit(Number(mode.slice("exit-".length)));
