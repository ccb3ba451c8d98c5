/** Runs the launcher with stand-ins for its processes: launch.ts <journal> <gateway mode> <supervisor mode>. */
import { join } from "node:path";
import type { Program } from "../../../../apps/cli/src/launch-plan.ts";
import { launch } from "../../../../apps/cli/src/launcher.ts";
import type { ProcessName } from "../../../../apps/cli/src/one-for-one.ts";

const [journal = "", gatewayMode = "", supervisorMode = ""] = process.argv.slice(2);
/** `steady+steady`: one gateway process for each. */
const gatewayModes = gatewayMode.split("+");

const program = (name: string, mode: string): Program => ({
  command: [process.execPath, join(import.meta.dirname, "stand-in.ts"), name, mode, journal],
  environment: process.env,
});

const programs = new Map<ProcessName, Program>([["supervisor", program("supervisor", supervisorMode)]]);
for (const [at, mode] of gatewayModes.entries()) {
  const name = at === 0 ? "gateway" : (`gateway-${at + 1}` as const);
  programs.set(name, program(name, mode));
}
const exitCode = await launch({
  programs: () => programs,
  say: (line) => void process.stderr.write(`${line}\n`),
  tellConfigFaults: async () => void process.stderr.write("the faults\n"),
});
process.exit(exitCode);
