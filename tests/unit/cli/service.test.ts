import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isOpen } from "../../../apps/cli/src/service/account.ts";
import { isInHome } from "../../../apps/cli/src/service/confinement.ts";
import {
  type ConfigFacts,
  type Machine,
  makePlan,
  type ServiceOptions,
  scopeOf,
} from "../../../apps/cli/src/service/make-plan.ts";
import { type ServicePlan, serviceUnits } from "../../../apps/cli/src/service/service-plan.ts";
import { missingSystemd } from "../../../apps/cli/src/service/systemd.ts";
import { readStates } from "../../../apps/cli/src/service/unit-states.ts";
import { commandText, pathWord, variableText, wholePath } from "../../../apps/cli/src/service/unit-text.ts";
import { accountFile, unitFiles } from "../../../apps/cli/src/service/units.ts";
import { plainPaint } from "../../../apps/cli/src/terminal.ts";
import { installedLines, serviceLines } from "../../../apps/cli/src/view/service-view.ts";
import { serviceLine as gatewayLine } from "../../../apps/gateway/src/service-line.ts";
import { serviceLine as supervisorLine } from "../../../apps/supervisor/src/service-line.ts";
import { Stage } from "./support/stage.ts";

const machine: Machine = {
  uid: 0,
  home: "/root",
  environment: { PATH: "/root/.bun/bin:relative:/tmp/bun-node-1:/opt/gw/node_modules/.bin:/usr/bin:/gone" },
  installDirectory: "/opt/gw",
  runtime: { found: "/usr/local/bin/bun", real: "/usr/lib/bun" },
  folderExists: (path) => path !== "/gone",
};
const config: ConfigFacts = {
  path: "/opt/gw/config.json",
  instance: "0123456789ab",
  host: "127.0.0.1",
  port: 9000,
  workers: 1,
  command: "bun run gateway {}",
};
const options: ServiceOptions = {
  name: "mcp-gateway",
  host: undefined,
  port: undefined,
  logLevel: undefined,
  workers: undefined,
};
const plan = (
  more: Partial<ServiceOptions> = {},
  on: Partial<Machine> = {},
  of: Partial<ConfigFacts> = {},
): ServicePlan => makePlan({ ...options, ...more }, { ...config, ...of }, { ...machine, ...on });
const textOf = (of: ServicePlan, name: string): string =>
  unitFiles(of).find((file) => file.name === name)?.text ?? "";

describe("words in a unit", () => {
  test("arrive as they were meant", () => {
    expect(commandText(["/opt/a b/bun", "--x", "$HOME 100%", 'say "hi"', "é;"])).toBe(
      '"/opt/a b/bun" --x "$$HOME 100%%" "say \\"hi\\"" "é;"',
    );
    expect(commandText(["/opt/$x/bun", "50%"])).toBe('"/opt/$x/bun" 50%%');
    expect(variableText("PATH", "/a b:/c%")).toBe('"PATH=/a b:/c%%"');
    expect(pathWord("/a:b")).toBe('"/a:b"');
    expect(wholePath("/a b/%n")).toBe("/a b/%%n");
  });

  test("are refused when no unit can say them, with what to do", () => {
    for (const path of ["/a\nExecStart=/bin/evil", "/a\\", "/\u0007"])
      for (const write of [wholePath, pathWord, (text: string) => commandText(["/bun", text])])
        expect(() => write(path)).toThrow(/can't stand in a unit/u);
  });
});

describe("the plan of a service", () => {
  test("is the user's own, unless root asks or the system is named", () => {
    expect(scopeOf({}, 1000)).toBe("user");
    expect(scopeOf({}, 0)).toBe("system");
    expect(scopeOf({ user: true }, 0)).toBe("user");
    expect(scopeOf({ system: true }, 1000)).toBe("system");
    expect(() => scopeOf({ user: true, system: true }, 0)).toThrow("exclude each other");
    expect(() => plan({ user: true, runAs: "you" })).toThrow("--run-as is for --system");
    expect(() => plan({ name: "a/b" })).toThrow("--name must be");
  });

  test("searches programs where the shell does, less what is gone, passing, the program's own, or hidden", () => {
    expect(plan().searchPath).toBe("/usr/bin:/usr/local/bin:/bin");
    expect(plan({ user: true }).searchPath).toBe("/root/.bun/bin:/usr/bin:/usr/local/bin:/bin");
  });

  test("has a user of its own that sees of people's homes only what it needs", () => {
    const own = plan(
      {},
      {
        installDirectory: "/home/you/gw",
        runtime: { found: "/usr/bin/bun", real: "/home/you/.bun/bin/bun" },
      },
    );
    const text = textOf(own, "mcp-gateway-supervisor.service");
    expect(text).toContain("\nUser=mcp-gateway\n");
    expect(text).toContain(
      "\nExecStart=/home/you/.bun/bin/bun --no-orphans /home/you/gw/apps/supervisor/src/main.ts ",
    );
    expect(text).toContain(
      "\nProtectHome=tmpfs\nBindReadOnlyPaths=/home/you/gw\nBindReadOnlyPaths=/home/you/.bun/bin\n",
    );
    expect(textOf(plan(), "mcp-gateway.service")).toContain("\nProtectHome=yes\n");
    for (const home of ["/home/you", "/root", "/home"])
      expect(() => plan({}, {}, { path: `${home}/config.json` })).toThrow(`lies in ${home} itself`);
    expect(plan({ runAs: "you" }, {}, { path: "/home/you/config.json" }).configPath).toBe(
      "/home/you/config.json",
    );
    expect(accountFile(own)?.text).toContain("u mcp-gateway - ");
    expect(["/home/a", "/root", "/run/user/1"].map(isInHome)).toEqual([true, true, true]);
    expect(["/homes/a", "/opt/root"].map(isInHome)).toEqual([false, false]);
  });

  test("leaves a person's servers all that the person may do", () => {
    for (const persons of [plan({ runAs: "you" }), plan({ user: true }, { uid: 1000, home: "/home/you" })]) {
      const text = textOf(persons, "mcp-gateway-supervisor.service");
      expect(text).not.toMatch(/^(?:NoNewPrivileges|Protect|Restrict|Private|SystemCall|UMask)/mu);
      expect(textOf(persons, "mcp-gateway.service")).toContain("\nNoNewPrivileges=yes\n");
      expect(accountFile(persons)).toBeUndefined();
    }
    expect(textOf(plan({ user: true }), "mcp-gateway.service")).not.toMatch(
      /^(?:User|Protect|RuntimeDirectory|Capab)/mu,
    );
  });

  test("takes to the units what was set, and only that", () => {
    const set = textOf(plan({ port: 8080, host: "10.0.0.7", logLevel: "debug" }), "mcp-gateway.service");
    expect(set).toContain("--config /opt/gw/config.json --log-level debug --host 10.0.0.7 --port 8080\n");
    expect(set).toContain('\nEnvironment="MCP_GATEWAY_COMMAND=bun run gateway {}"\n');
    expect(set).toContain("\nAfter=network-online.target\n");
    expect(textOf(plan(), "mcp-gateway.service")).toContain("main.ts --config /opt/gw/config.json\n");
    expect(textOf(plan(), "mcp-gateway.service")).not.toContain("network-online");
    expect(textOf(plan({}, {}, { port: 443 }), "mcp-gateway.service")).toContain(
      "\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n",
    );
    const set2 = plan(
      { user: true },
      { environment: { XDG_STATE_HOME: "/s t", HOME: "/root", SECRET: "no" } },
    );
    expect(textOf(set2, "mcp-gateway.service")).toContain('\nEnvironment="XDG_STATE_HOME=/s t"\n');
    expect(textOf(set2, "mcp-gateway.service")).not.toContain("SECRET");
  });

  test("has a unit for each worker, which says which of how many it is", () => {
    const workers = plan({}, {}, { workers: 3 });
    expect(serviceUnits(workers).gateways).toEqual([
      "mcp-gateway@1.service",
      "mcp-gateway@2.service",
      "mcp-gateway@3.service",
    ]);
    expect(textOf(workers, "mcp-gateway@.service")).toContain("--config /opt/gw/config.json --worker %i/3\n");
    expect(textOf(workers, "mcp-gateway.target")).toContain("mcp-gateway@3.service\n");
    expect(unitFiles(workers).map(({ name }) => name)).not.toContain("mcp-gateway.service");
  });

  test("gives what the supervisor's servers need to know to the supervisor alone", () => {
    expect(textOf(plan(), "mcp-gateway-supervisor.service")).toContain(
      "EnvironmentFile=-/etc/mcp-gateway/servers.env",
    );
    expect(textOf(plan(), "mcp-gateway.service")).not.toContain("servers.env");
  });
});

describe("what is open to the service's user", () => {
  test("is told as the system tells it: the owner's bits for the owner, the group's for the group", () => {
    const reader = { uid: 7, groups: [8, 9] };
    const at = (mode: number, uid = 0, gid = 0) => isOpen({ mode, uid, gid }, reader, 4);
    expect([at(0o604), at(0o640), at(0o640, 0, 9), at(0o604, 0, 9), at(0o400, 7), at(0o044, 7, 9)]).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    expect(isOpen({ mode: 0, uid: 1, gid: 1 }, { uid: 0, groups: [0] }, 4)).toBe(true);
  });
});

describe("where there is no systemd", () => {
  const linux = { platform: "linux", isSystemd: false, isWsl: false, isContainer: false } as const;

  test("it is said what there is instead", () => {
    expect(missingSystemd({ ...linux, isSystemd: true }, "bun run start")).toBeUndefined();
    const hintsOf = (facts: Parameters<typeof missingSystemd>[0]) =>
      missingSystemd(facts, "bun run start")?.hints.join("\n");
    expect(hintsOf({ ...linux, isWsl: true })).toContain("systemd=true");
    expect(hintsOf({ ...linux, isContainer: true })).toContain(
      "A container has one program; let it be: bun run start",
    );
    expect(hintsOf(linux)).toContain("in the foreground: bun run start");
    expect(hintsOf({ ...linux, platform: "darwin" })).toContain("launchd");
    expect(hintsOf({ ...linux, platform: "win32" })).toContain("WSL 2");
  });
});

describe("the units' states", () => {
  const shown = `Id=mcp-gateway.service
LoadState=loaded
ActiveState=active
SubState=running
Result=success
MainPID=12
NRestarts=3
StatusText=http://127.0.0.1:9000: 1 of 2 servers ready, 0 sessions, a=b

Id=mcp-gateway-supervisor.service
LoadState=loaded
ActiveState=failed
SubState=failed
Result=watchdog
MainPID=0
NRestarts=10
StatusText=

Id=mcp-gateway.target
LoadState=loaded
ActiveState=active
SubState=active
UnitFileState=enabled

Id=mcp-gateway@.service
LoadState=not-found
`;

  test("are read, and shown with what failed and how to look further", () => {
    const states = readStates(shown);
    expect(states.map(({ unit }) => unit)).toEqual([
      "mcp-gateway-supervisor.service",
      "mcp-gateway.service",
      "mcp-gateway.target",
    ]);
    const context = { paint: plainPaint, width: 160, isRoot: false };
    const lines = serviceLines("system", "mcp-gateway", states, context).join("\n");
    expect(lines).toContain("runs in part, a service of the system that starts with the machine");
    expect(lines).toMatch(/mcp-gateway-supervisor\.service +failed \(watchdog\) +– +10/u);
    expect(lines).toMatch(/mcp-gateway\.service +active +12 +3 +http:.*a=b/u);
    expect(lines).toContain("→ sudo systemctl restart mcp-gateway.target");
    expect(serviceLines("user", "x", [], context).join("\n")).toContain(
      "→ systemctl --user restart x.target",
    );
    expect(readStates("")).toEqual([]);
  });
});

describe("what is told after an installation", () => {
  test("names what may surprise: an end at logout, and a Bun that may go away", () => {
    const own = plan(
      { user: true },
      { uid: 1000, runtime: { found: "/h/_npx/1/bun", real: "/h/_npx/1/bun" } },
    );
    const context = { paint: plainPaint, width: 100, isRoot: false, userName: "o'brien" };
    const told = installedLines(own, [], { ...context, lingers: false }).join("\n");
    expect(told).toContain("sudo loginctl enable-linger 'o'\\''brien'");
    expect(told).toContain("install Bun, and then this once more");
    const plainly = installedLines(plan(), [], { ...context, lingers: false }).join("\n");
    expect(plainly).not.toMatch(/linger|install Bun/u);
    expect(plainly).toContain("It runs as the user mcp-gateway.");
    expect(plainly).toContain("/etc/mcp-gateway/servers.env");
  });
});

describe("the command", () => {
  test("prints what it would write on any machine, and writes nothing", async () => {
    const stage = new Stage();
    try {
      stage.environment["XDG_CONFIG_HOME"] = join(stage.directory, "configuration");
      const { exitCode, stdout, stderr } = await stage.run(
        "service",
        "install",
        "--user",
        "--print",
        "--port",
        "9001",
      );
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toContain(
        `# ${stage.directory}/configuration/systemd/user/mcp-gateway-supervisor.service\n`,
      );
      expect(stdout).toContain(`--config ${stage.configPath} --port 9001\n`);
      // Where a test, or a person, has the folders elsewhere, the service has them there.
      expect(stdout).toContain(`Environment=MCP_GATEWAY_STATE_DIR=${stage.directory}/state\n`);
      expect(existsSync(join(stage.directory, "configuration"))).toBe(false);
      expect(await stage.run("service", "status", "--user")).toMatchObject({
        exitCode: 3,
        stderr: expect.stringContaining("No service mcp-gateway is installed for you."),
      });
      writeFileSync(stage.configPath, '{ "mcpServers": { "bash": { "comand": "bash" } } }');
      expect(await stage.run("service", "install", "--user", "--print")).toMatchObject({ exitCode: 3 });
    } finally {
      stage.end();
    }
  });
});

describe("what systemctl shows of the processes", () => {
  test("counts what is wanted, and says when a part is away or the file has faults", () => {
    const servers = ["ready", "disabled", "backing-off"].map((state) => ({ state }));
    const sessions = { streamable: 1, sse: 1, streams: 0 };
    const gateway = (connected: boolean) =>
      gatewayLine({
        address: "http://a",
        supervisor: { connected, pid: 1, startedAt: 1 },
        servers,
        sessions,
      } as Parameters<typeof gatewayLine>[0]); // Only what is read.
    expect(gateway(true)).toBe("http://a: 1 of 2 servers ready, 2 sessions");
    expect(gateway(false)).toBe("http://a: waiting for the supervisor, 2 sessions");
    const backends = ["ready", "skipped", "failed"].map((phase) => ({ phase }));
    const supervisor = (faults: readonly string[]) =>
      supervisorLine({ backends, config: { faults } } as Parameters<typeof supervisorLine>[0]); // As above.
    expect(supervisor([])).toBe("1 of 2 servers ready");
    expect(supervisor(["a", "b"])).toContain("the file has 2 faults, the last good configuration is in use");
  });
});
