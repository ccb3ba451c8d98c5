/** A service in such a machine, seen through the tools that its owner has. */
import type { StatusReport } from "@mcp-gateway/contract";
import { freePort } from "../support/free-port.ts";
import type { ProgramResult } from "../support/run-program.ts";
import { waitFor } from "../support/wait-for.ts";
import { bun, clone, type InMachine, type Machine } from "./machine.ts";

/** A path that systemd's syntax could trip over as well. */
export const oddFolder = `/srv/odd %n $HOME "q" é;`;

export interface Installed {
  readonly machine: Machine;
  readonly configPath: string;
  readonly port: number;
  readonly mcpUrl: string;
  /** The command line of the clone, about this configuration. */
  gateway(words: readonly string[], options?: InMachine): Promise<ProgramResult>;
  writeConfig(config: unknown): Promise<void>;
  systemctl(...words: readonly string[]): Promise<string>;
  /** One property of a unit. */
  property(unit: string, name: string): Promise<string>;
  mainPid(unit: string): Promise<number>;
  /** Everything that runs in a unit. */
  processes(unit: string): Promise<readonly number[]>;
  status(): Promise<StatusReport>;
  waitForStatus(what: string, condition: (status: StatusReport) => boolean): Promise<StatusReport>;
  waitForProperty(unit: string, name: string, wanted: (value: string) => boolean): Promise<string>;
  journal(unit: string): Promise<string>;
}

/** @param manager further words for `systemctl`, and who says them */
export function installedIn(
  machine: Machine,
  configPath: string,
  manager: { readonly words?: readonly string[]; readonly as?: InMachine } = {},
): Installed {
  const { words: managerWords = [], as } = manager;
  const port = freePort();
  const address = `http://127.0.0.1:${port}`;
  const service: Installed = {
    machine,
    configPath,
    port,
    mcpUrl: `${address}/mcp`,
    gateway: (words, options = as) =>
      machine.run([bun, `${clone}/apps/cli/bin/gateway`, ...words], { directory: clone, ...options }),
    writeConfig: (config) =>
      machine.write(configPath, typeof config === "string" ? config : JSON.stringify(config)),
    systemctl: (...words) => machine.ok(["systemctl", ...managerWords, ...words], as),
    property: async (unit, name) =>
      (
        await machine.ok(["systemctl", ...managerWords, "show", "--value", `--property=${name}`, unit], as)
      ).trim(),
    mainPid: async (unit) => Number(await service.property(unit, "MainPID")),
    processes: async (unit) => {
      const group = await service.property(unit, "ControlGroup");
      if (group === "") return [];
      const script =
        'for file in $(find /sys/fs/cgroup -path "*$1/*" -name cgroup.procs -o -path "*$1/cgroup.procs"); do cat "$file"; done';
      const { stdout } = await machine.run(["sh", "-c", script, "group", group]);
      return [
        ...new Set(
          stdout
            .split("\n")
            .filter((line) => line !== "")
            .map(Number),
        ),
      ];
    },
    status: async () => {
      const response = await fetch(`${address}/api/v1/status`, { signal: AbortSignal.timeout(3_000) });
      return (await response.json()) as StatusReport; // The gateway under test owns the shape.
    },
    waitForStatus: (what, condition) =>
      waitFor(
        async () => {
          const status = await service.status();
          return condition(status) ? status : undefined;
        },
        { what, timeoutMs: 20_000, everyMs: 50, explain: () => service.journal("mcp-gateway*") },
      ),
    waitForProperty: (unit, name, wanted) =>
      waitFor(
        async () => {
          const value = await service.property(unit, name);
          return wanted(value) ? value : undefined;
        },
        { what: `${name} of ${unit}`, timeoutMs: 60_000, everyMs: 100, explain: () => service.journal(unit) },
      ),
    journal: async (unit) =>
      (await machine.run(["journalctl", "--no-pager", "--output=cat", `--unit=${unit}`])).stdout,
  };
  return service;
}

export function isReady(status: StatusReport): boolean {
  return status.state === "ready";
}

export function pidOf(status: StatusReport, server: string): number {
  return status.servers.find(({ name }) => name === server)?.pid ?? 0;
}
