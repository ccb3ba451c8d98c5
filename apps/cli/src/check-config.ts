/**
 * Checks one configuration file and says its faults: exit code 0 or 3.
 * What the launcher itself must know of the file, the number of workers, is all that goes to stdout.
 */
import { loadConfig } from "@mcp-gateway/config";
import { exitCodes } from "./exit-codes.ts";
import { paintFor, writeLines } from "./terminal.ts";
import { faultLines } from "./view/fault-view.ts";

const path = process.argv[2] ?? "";
const result = await loadConfig(path);
if (!result.ok) {
  await writeLines(faultLines(path, result.faults, paintFor(process.stderr), process.cwd()), process.stderr);
  process.exit(exitCodes.startFailed);
}
await writeLines([String(result.config.gateway.workers)], process.stdout);
