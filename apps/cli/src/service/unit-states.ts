/** What `systemctl show` says of the units of a service, read. Pure but for the asking. */
import { limits } from "@mcp-gateway/kit/limits";
import { type ServiceScope, unitFileNames } from "./service-plan.ts";
import { systemctl } from "./systemd.ts";

export interface UnitState {
  readonly unit: string;
  /** `active`, `activating`, `inactive`, `failed` … */
  readonly state: string;
  /** `running`, `auto-restart`, `dead` … */
  readonly detail: string;
  /** `success`, or why it failed: `exit-code`, `watchdog`, `start-limit-hit` … */
  readonly result: string;
  readonly pid: number;
  readonly restarts: number;
  /** Its own line. */
  readonly says: string;
  readonly isEnabled: boolean;
}

const properties = "Id,LoadState,ActiveState,SubState,Result,MainPID,NRestarts,StatusText,UnitFileState";

/** Those that are there, the target first. */
export async function unitStates(scope: ServiceScope, name: string): Promise<readonly UnitState[]> {
  const [target = "", supervisor = "", gateway = ""] = unitFileNames(name);
  const { stdout } = await systemctl(
    scope,
    "show",
    `--property=${properties}`,
    "--",
    target,
    supervisor,
    gateway,
  );
  const workers = await systemctl(scope, "show", `--property=${properties}`, "--", `${name}@*.service`);
  return [...readStates(stdout), ...readStates(workers.stdout)];
}

/** Once the servers are there, or have had their time: what is shown is how things are, not how they begin. */
export async function settledStates(scope: ServiceScope, name: string): Promise<readonly UnitState[]> {
  const deadlineMs = performance.now() + limits.serviceSettleMsMax;
  for (;;) {
    const states = await unitStates(scope, name);
    const services = states.filter((state) => !isTarget(state) && state.state === "active");
    // Each says how many of its servers are ready.
    const isWhole = services.every(({ says }) => /\b(\d+) of \1 servers ready/.test(says));
    if (isWhole || performance.now() > deadlineMs) return states;
    await Bun.sleep(limits.cliRestartPollMs);
  }
}

export function readStates(text: string): readonly UnitState[] {
  return text
    .split(/\n\n+/)
    .map((block) => new Map(block.split("\n").map((line) => pair(line))))
    .filter((facts) => facts.get("LoadState") === "loaded")
    .map((facts) => ({
      unit: facts.get("Id") ?? "",
      state: facts.get("ActiveState") ?? "unknown",
      detail: facts.get("SubState") ?? "",
      result: facts.get("Result") ?? "success",
      pid: Number(facts.get("MainPID") ?? 0),
      restarts: Number(facts.get("NRestarts") ?? 0),
      says: facts.get("StatusText") ?? "",
      isEnabled: facts.get("UnitFileState") === "enabled",
    }))
    .sort((one, other) => one.unit.localeCompare(other.unit, "en", { numeric: true }));
}

function pair(line: string): readonly [string, string] {
  const equals = line.indexOf("=");
  return [line.slice(0, Math.max(0, equals)), line.slice(equals + 1)];
}

export function isTarget({ unit }: UnitState): boolean {
  return unit.endsWith(".target");
}
