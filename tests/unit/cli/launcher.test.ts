import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";

interface Launched {
  readonly launcher: Subprocess<"ignore", "pipe", "pipe">;
  /** `gateway started`, `supervisor term`, … without the pids. */
  events(): readonly string[];
  pidOf(name: string): number;
}

const directories: string[] = [];
const launchers: Subprocess[] = [];

afterEach(async () => {
  for (const launcher of launchers.splice(0)) {
    launcher.kill("SIGKILL");
    await launcher.exited;
  }
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function start(gatewayMode: string, supervisorMode: string): Launched {
  const directory = mkdtempSync(join(tmpdir(), "mcp-gateway-launcher-"));
  directories.push(directory);
  const journal = join(directory, "journal");
  const { npm_lifecycle_event: _, ...environment } = process.env;
  const launcher = Bun.spawn(
    [process.execPath, join(import.meta.dirname, "support/launch.ts"), journal, gatewayMode, supervisorMode],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: environment,
    },
  );
  launchers.push(launcher);
  const lines = (): readonly string[] =>
    existsSync(journal) ? readFileSync(journal, "utf8").trim().split("\n") : [];
  return {
    launcher,
    events: () => lines().map((line) => line.split(" ").slice(0, 2).join(" ")),
    pidOf: (name) =>
      Number(
        lines()
          .findLast((line) => line.startsWith(`${name} started`))
          ?.split(" ")[2],
      ),
  };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("The condition did not come true within 10 s.");
    await Bun.sleep(10);
  }
}

const bothStarted =
  ({ events }: Launched) =>
  () =>
    events().includes("gateway started") && events().includes("supervisor started");

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("the launcher", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`ends the gateway first, then the supervisor, and exits with 0 on ${signal}`, async () => {
      const launched = start("calm", "calm");
      await until(bothStarted(launched));
      launched.launcher.kill(signal);
      expect(await launched.launcher.exited).toBe(0);
      expect(launched.events().slice(2)).toEqual([
        "gateway term",
        "gateway ended",
        "supervisor term",
        "supervisor ended",
      ]);
      expect(await new Response(launched.launcher.stderr).text()).toBe("");
    });
  }

  test("starts a killed process again and leaves the other one alone", async () => {
    const launched = start("calm", "calm");
    await until(bothStarted(launched));
    const [gateway, supervisor] = [launched.pidOf("gateway"), launched.pidOf("supervisor")];
    process.kill(gateway, "SIGKILL");
    await until(() => launched.pidOf("gateway") !== gateway);
    expect(launched.pidOf("supervisor")).toBe(supervisor);
    expect(isAlive(supervisor)).toBe(true);
    launched.launcher.kill("SIGTERM");
    expect(await launched.launcher.exited).toBe(0);
    expect(await new Response(launched.launcher.stderr).text()).toBe(
      "gateway ended by SIGKILL; restarting it\n",
    );
  });

  test("keeps several gateways, each by itself, and ends all of them before the supervisor", async () => {
    const launched = start("calm+calm+calm", "calm");
    const names = ["gateway", "gateway-2", "gateway-3", "supervisor"];
    await until(() => names.every((name) => launched.events().includes(`${name} started`)));
    const before = names.map(launched.pidOf);
    process.kill(launched.pidOf("gateway-2"), "SIGKILL");
    await until(() => launched.pidOf("gateway-2") !== before[1]);
    expect(names.map(launched.pidOf).filter((pid, at) => pid !== before[at])).toHaveLength(1);
    launched.launcher.kill("SIGTERM");
    expect(await launched.launcher.exited).toBe(0);
    const ends = launched.events().filter((event) => event.endsWith(" ended"));
    expect(ends.toSorted()).toEqual(names.map((name) => `${name} ended`));
    expect(ends.at(-1)).toBe("supervisor ended");
    expect(launched.events().indexOf("supervisor term")).toBeGreaterThan(
      launched.events().indexOf("gateway-3 ended"),
    );
    expect(await new Response(launched.launcher.stderr).text()).toBe(
      "gateway-2 ended by SIGKILL; restarting it\n",
    );
  });

  test("ends everything with the code of a failed first start", async () => {
    for (const [gatewayMode, supervisorMode, exitCode] of [
      ["exit-3", "calm", 3],
      ["calm", "exit-4", 4],
    ] as const) {
      const launched = start(gatewayMode, supervisorMode);
      expect(await launched.launcher.exited).toBe(exitCode);
      expect(isAlive(launched.pidOf(exitCode === 3 ? "supervisor" : "gateway"))).toBe(false);
      expect(await new Response(launched.launcher.stderr).text()).toBe("");
    }
  });

  test("tells the faults of a configuration once, after everything has ended", async () => {
    for (const [gatewayMode, supervisorMode] of [
      ["exit-5", "calm"],
      ["calm", "exit-5"],
      ["exit-5", "exit-5"],
    ] as const) {
      const launched = start(gatewayMode, supervisorMode);
      expect(await launched.launcher.exited).toBe(3);
      expect(launched.events().filter((event) => event.endsWith(" started")).length).toBeLessThanOrEqual(2);
      expect(await new Response(launched.launcher.stderr).text()).toBe("the faults\n");
    }
  });

  test("ends everything at once on a second signal, and asks the supervisor twice", async () => {
    const launched = start("stubborn", "stubborn");
    await until(bothStarted(launched));
    launched.launcher.kill("SIGINT");
    await until(() => launched.events().includes("gateway term"));
    // What comes at the same moment is the same Ctrl-C, once from the terminal and once from `bun run`.
    launched.launcher.kill("SIGINT");
    await Bun.sleep(400);
    expect(isAlive(launched.pidOf("gateway"))).toBe(true);
    const askedAt = performance.now();
    launched.launcher.kill("SIGINT");
    expect(await launched.launcher.exited).toBe(0);
    expect(performance.now() - askedAt).toBeLessThan(2_000);
    expect(launched.events().filter((event) => event === "supervisor term")).toHaveLength(2);
    expect(isAlive(launched.pidOf("gateway"))).toBe(false);
    expect(isAlive(launched.pidOf("supervisor"))).toBe(false);
  });

  test("says that the end is under way when it takes longer, and how to hasten it", async () => {
    const launched = start("calm", "stubborn");
    await until(bothStarted(launched));
    launched.launcher.kill("SIGTERM");
    const said = launched.launcher.stderr.getReader();
    const { value } = await said.read();
    expect(new TextDecoder().decode(value)).toBe(
      "stopping takes a moment; a second Ctrl-C ends everything at once\n",
    );
    expect(isAlive(launched.pidOf("supervisor"))).toBe(true);
    launched.launcher.kill("SIGINT");
    expect(await launched.launcher.exited).toBe(0);
    expect((await said.read()).done).toBe(true);
  });

  test("passes SIGHUP on to the supervisor, which reads the configuration again", async () => {
    const launched = start("calm", "calm");
    await until(bothStarted(launched));
    launched.launcher.kill("SIGHUP");
    await until(() => launched.events().includes("supervisor hangup"));
    expect(launched.events()).not.toContain("gateway hangup");
    launched.launcher.kill("SIGTERM");
    expect(await launched.launcher.exited).toBe(0);
  });

  test("takes both with it when it is killed: the leash ends", async () => {
    const launched = start("calm", "calm");
    await until(bothStarted(launched));
    launched.launcher.kill("SIGKILL");
    await until(
      () => launched.events().includes("gateway leash") && launched.events().includes("supervisor leash"),
    );
  });
});
