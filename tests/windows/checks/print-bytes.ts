/** Writes a file to stdout as it is: cmd.exe's own `type` would look at the bytes. */
import { readFileSync, writeSync } from "node:fs";

writeSync(1, readFileSync(process.argv[2] ?? ""));
