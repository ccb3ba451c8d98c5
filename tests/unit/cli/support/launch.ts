/** Runs the launcher with stand-ins for its processes: launch.ts <journal> <gateway mode> <supervisor mode>. */
import { join } from "node:path";
import { launch } from "../../../../apps/cli/src/launcher.ts";

const [journal = "", gatewayMode = "", supervisorMode = ""] = process.argv.slice(2);
const program = (name: string, mode: string): readonly string[] => [
  process.execPath,
  join(import.meta.dirname, "stand-in.ts"),
  name,
  mode,
  journal,
];

const exitCode = await launch({
  programs: { gateway: program("gateway", gatewayMode), supervisor: program("supervisor", supervisorMode) },
  environments: { gateway: process.env, supervisor: process.env },
  say: (line) => void process.stderr.write(`${line}\n`),
});
process.exit(exitCode);
