/** The units as systemd itself reads them, without running anything: no warning, and as little exposed as is said. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ServicePlan } from "../../apps/cli/src/service/service-plan.ts";
import { serviceUnits } from "../../apps/cli/src/service/service-plan.ts";
import { unitFiles } from "../../apps/cli/src/service/units.ts";
import { repositoryDirectory } from "../support/repository.ts";
import { runProgram } from "../support/run-program.ts";
import { say } from "../support/say.ts";
import { tempDir } from "../support/temp-dir.ts";

const isPossible = Bun.which("systemd-analyze") !== null;
if (!isPossible) say("\n*** SKIPPED: the units were not verified, because systemd-analyze is not here ***\n");

const system: ServicePlan = {
  scope: "system",
  name: "mcp-gateway",
  account: { user: "mcp-gateway", isOwn: true },
  runtime: process.execPath,
  installDirectory: repositoryDirectory,
  configPath: join(repositoryDirectory, "config.json"),
  instance: "0123456789ab",
  host: "0.0.0.0",
  port: 9000,
  logLevel: "debug",
  command: "bun run gateway {} --config '/a b'",
  workers: 1,
  searchPath: "/usr/local/bin:/usr/bin:/bin",
  variables: {},
  variablesDirectory: "/etc/mcp-gateway",
  isLowPort: false,
  needsNetwork: false,
};
const person = { user: "daemon", isOwn: false };
const plans: Readonly<Record<string, ServicePlan>> = {
  "with a user of its own": system,
  "with workers": { ...system, workers: 4 },
  "below port 1024, at an address of its own": { ...system, port: 80, isLowPort: true, needsNetwork: true },
  "run as a person": { ...system, account: person },
  "of a user": { ...system, scope: "user", account: undefined, variables: { XDG_STATE_HOME: "/x y" } },
};

/** What `systemd-analyze security` may give at most, in tenths: 100 is a service that nothing is forbidden. */
const exposureMax: Readonly<Record<string, { readonly gateway: number; readonly supervisor?: number }>> = {
  "with a user of its own": { gateway: 16, supervisor: 47 },
  "with workers": { gateway: 16, supervisor: 47 },
  "below port 1024, at an address of its own": { gateway: 18, supervisor: 47 },
  "run as a person": { gateway: 22 },
  "of a user": { gateway: 70 },
};

describe.skipIf(!isPossible)("units", () => {
  for (const [name, plan] of Object.entries(plans)) {
    const manager = plan.scope === "user" ? ["--user"] : [];

    test(`${name}: systemd has nothing to say about them`, async () => {
      using folder = tempDir("units");
      const paths = write(plan, folder.path);
      const environment = { XDG_RUNTIME_DIR: folder.path };
      const verified = await runProgram(["systemd-analyze", ...manager, "verify", ...paths], { environment });
      expect({ code: verified.code, said: verified.stderr + verified.stdout }).toEqual({ code: 0, said: "" });
    });

    test(`${name}: they are exposed no more than is said`, async () => {
      using folder = tempDir("units");
      write(plan, folder.path);
      const { gateways, supervisor } = serviceUnits(plan);
      const bounds = exposureMax[name];
      expect(bounds).toBeDefined();
      const check = async (unit: string, threshold: number): Promise<void> => {
        const command = ["systemd-analyze", ...manager, "security", "--offline=true", "--no-pager"];
        const judged = await runProgram([...command, `--threshold=${threshold}`, join(folder.path, unit)], {
          environment: { XDG_RUNTIME_DIR: folder.path },
        });
        const verdict = `${judged.stdout.split("\n").slice(-3).join(" ")}${judged.stderr}`;
        expect(judged.code, `${unit}: ${verdict}`).toBe(0);
      };
      const [gateway = ""] = gateways;
      await check(gateway.replace(/@\d+/u, "@"), bounds?.gateway ?? 0);
      if (bounds?.supervisor !== undefined) await check(supervisor, bounds.supervisor);
    });
  }
});

function write(plan: ServicePlan, folder: string): readonly string[] {
  return unitFiles(plan).map(({ name, text }) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  });
}
