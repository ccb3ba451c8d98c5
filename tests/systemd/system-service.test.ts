/** The gateway as a service of the system, under a real systemd: what docs/deploy.md promises. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ringMemoryName } from "@mcp-gateway/contract";
import { limits } from "@mcp-gateway/kit";
import { openRawClient } from "../support/raw-client.ts";
import { say } from "../support/say.ts";
import { waitFor } from "../support/wait-for.ts";
import { type Installed, installedIn, isReady, oddFolder, pidOf } from "./installed.ts";
import { bootMachine, bun, clone, type Machine, machineImpossible } from "./machine.ts";

const impossible = await machineImpossible();
if (impossible !== undefined)
  say(`\n*** SKIPPED: the service under systemd was not tested, because ${impossible} ***\n`);

const supervisor = "mcp-gateway-supervisor.service";
const gateway = "mcp-gateway.service";
const target = "mcp-gateway.target";
const fake = { command: bun, args: [`${clone}/tests/support/fake-backend.ts`] };
const servers = {
  bash: { command: "bun", args: [`${clone}/servers/bash/src/main.ts`] },
  fake: { ...fake, env: { TOKEN: "${SERVICE_TOKEN}" } },
};
const good = { mcpServers: servers };

let machine: Machine;
let service: Installed;

describe.skipIf(impossible !== undefined)("a service of the system", () => {
  beforeAll(async () => {
    machine = await bootMachine();
    service = installedIn(machine, `${oddFolder}/config.json`);
    await service.writeConfig(good);
  }, 60_000);

  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]();
  }, 30_000);

  const install = (...more: readonly string[]) =>
    service.gateway([
      "service",
      "install",
      "--config",
      service.configPath,
      "--port",
      String(service.port),
      ...more,
    ]);

  async function bash(command: string): Promise<string> {
    await using client = await openRawClient(service.mcpUrl);
    return await client.callText("bash__bash", { command });
  }

  /** The call that waits for this server to be there. */
  const ready = () => service.waitForStatus("both servers to be ready", isReady);

  test("is not installed with a configuration that has faults: each is told with its line", async () => {
    const { code, stderr } = await install();
    expect(code).toBe(3);
    expect(stderr).toContain("SERVICE_TOKEN");
    expect(stderr).toContain("→ A variable of the service stands in /etc/mcp-gateway/servers.env");
    expect((await machine.run(["ls", "/etc/systemd/system"])).stdout).not.toContain("mcp-gateway");
  });

  test("is installed and started by one command, from a path that systemd could read in other ways", async () => {
    await machine.write("/etc/mcp-gateway/servers.env", "SERVICE_TOKEN='of the service'\n", "0600");
    const { code, stdout, stderr } = await install();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`http://127.0.0.1:${service.port}: 2 of 2 servers ready`);
    for (const unit of [target, supervisor, gateway])
      expect(await service.property(unit, "ActiveState")).toBe("active");
    expect(await service.property(target, "UnitFileState")).toBe("enabled");
    expect(await service.property(supervisor, "StatusText")).toBe("2 of 2 servers ready");
    await using client = await openRawClient(service.mcpUrl);
    expect(await client.callText("fake__environment", { name: "TOKEN" })).toBe("of the service");
    expect(await client.callText("bash__bash", { command: "id -un" })).toContain("mcp-gateway");
  });

  test("is found by the commands of root, and refused to other users with what to do", async () => {
    const asked = await service.gateway(["status", "--config", service.configPath]);
    expect({ code: asked.code, said: asked.stdout.includes("is ready") }).toEqual({ code: 0, said: true });
    const called = await service.gateway([
      "call",
      "bash/bash",
      "command=echo by root",
      "--config",
      service.configPath,
    ]);
    expect(called.stdout).toContain("by root");
    const logs = await service.gateway(["logs", "-n", "500", "--config", service.configPath]);
    expect(logs.stdout).toContain("supervisor started");
    expect(logs.stdout).toContain("listening");
    const other = await service.gateway(["status", "--config", service.configPath], {
      user: "daemon",
      directory: clone,
    });
    expect(other.code).toBe(1);
    expect(other.stderr).toContain("runs as mcp-gateway");
    expect(other.stderr).toContain("→ Ask as root: sudo ");
    const byAddress = await service.gateway(["status", "--url", service.mcpUrl], {
      user: "daemon",
      directory: clone,
    });
    expect(byAddress.code).toBe(0);
  });

  test("its servers know nothing of systemd, write only where they may, and can do what servers do", async () => {
    expect(await bash("env")).not.toMatch(/NOTIFY_SOCKET|WATCHDOG|INVOCATION_ID|JOURNAL_STREAM|_DIRECTORY=/u);
    const tried = await bash(
      'for path in "$HOME" "$HOME/.npm" /tmp /etc /usr /opt /srv; do mkdir -p "$path/x" 2>/dev/null && echo "yes $path" || echo "no $path"; done; ls /root /home 2>/dev/null; unshare --user true && echo sandboxes; sudo -n true 2>/dev/null || echo no way up',
    );
    for (const path of ["/var/lib/mcp-gateway/home", "/var/lib/mcp-gateway/home/.npm", "/tmp"])
      expect(tried).toContain(`yes ${path}\n`);
    for (const path of ["/etc", "/usr", "/opt", "/srv"]) expect(tried).toContain(`no ${path}\n`);
    expect(tried).toContain("sandboxes");
    expect(tried).toContain("no way up");
    // Where Node lies where a service looks for it, as Debian puts it.
    const npx = await bash(
      `command -v npx || exit 9; mkdir /tmp/p && cd /tmp/p && printf '{"name":"p","version":"1.0.0","bin":"p.js"}' > package.json && printf '#!/usr/bin/env node\nconsole.log("run by npx");' > p.js && chmod +x p.js && npx --offline --yes /tmp/p`,
    );
    expect(npx).toMatch(/run by npx|Exit code: 9/u);
    const facts = await machine.ok(["cat", `/proc/${await service.mainPid(gateway)}/status`]);
    for (const fact of [/^Seccomp:\s2$/mu, /^NoNewPrivs:\s1$/mu, /^CapBnd:\s0{16}$/mu])
      expect(facts).toMatch(fact);
    const modes = await machine.ok([
      "sh",
      "-c",
      "stat -c '%a %U' /run/mcp-gateway/* /var/lib/mcp-gateway/[0-9a-f]*",
    ]);
    expect(new Set(modes.trim().split("\n"))).toEqual(new Set(["700 mcp-gateway"]));
  });

  test("large results go through memory that both share, confined as they are", async () => {
    await using client = await openRawClient(service.mcpUrl);
    const bytes = limits.ringPayloadBytesMin * 2;
    // The first one makes the offer.
    for (let call = 0; call < 3; call += 1)
      expect(await client.callText("fake__big", { bytes })).toHaveLength(bytes);
    for (const unit of [supervisor, gateway])
      expect(await machine.ok(["cat", `/proc/${await service.mainPid(unit)}/maps`])).toContain(
        `/memfd:${ringMemoryName}`,
      );
  });

  test("a gateway that is killed comes back by itself, and neither the supervisor nor a server notices", async () => {
    const before = await ready();
    const pids = [await service.mainPid(supervisor), pidOf(before, "bash"), pidOf(before, "fake")];
    await service.systemctl("kill", "--signal=KILL", "--kill-who=main", gateway);
    const after = await service.waitForStatus(
      "a new gateway",
      (status) => isReady(status) && status.gateway.pid !== before.gateway.pid,
    );
    expect([await service.mainPid(supervisor), pidOf(after, "bash"), pidOf(after, "fake")]).toEqual(pids);
    expect(await service.property(gateway, "NRestarts")).toBe("1");
    expect(await bash("echo again")).toContain("again");
  });

  test("a supervisor that is killed comes back by itself: sessions live on, and no server is left, however stubborn", async () => {
    // Without what makes a program that is Bun itself end with whoever started it.
    const unlikeBun = ["--unset=BUN_FEATURE_FLAG_NO_ORPHANS", fake.command, ...fake.args];
    const stubborn = {
      command: "env",
      args: [...unlikeBun, "--ignore-sigterm", "--grandchildren", "1", "--setsid"],
    };
    await service.writeConfig({ mcpServers: { ...servers, stubborn } });
    const before = await service.waitForStatus(
      "three servers",
      (now) => isReady(now) && pidOf(now, "stubborn") > 0,
    );
    const old = await service.processes(supervisor);
    expect(old.length).toBeGreaterThanOrEqual(4);
    await using client = await openRawClient(service.mcpUrl);
    const killedAtMs = performance.now();
    await service.systemctl("kill", "--signal=KILL", "--kill-who=main", supervisor);
    const after = await service.waitForStatus(
      "all servers of a new supervisor",
      (status) => isReady(status) && status.supervisor.pid !== before.supervisor.pid,
    );
    // Waiting for one that ignores SIGTERM would take as long as a stop may.
    expect(performance.now() - killedAtMs).toBeLessThan(limits.shutdownMsMax + limits.serviceStopSlackMs);
    expect(after.gateway.pid).toBe(before.gateway.pid);
    const answer = await client.callText("bash__bash", { command: "echo the same session" });
    expect(answer).toContain("the same session");
    const now = await service.processes(supervisor);
    expect(now.filter((pid) => old.includes(pid))).toEqual([]);
    for (const pid of old) expect((await machine.run(["test", "-e", `/proc/${pid}`])).code).toBe(1);
    await service.writeConfig(good);
    await service.waitForStatus(
      "two servers again",
      (status) => isReady(status) && status.servers.length === 2,
    );
  });

  test("a server that is killed is that server's trouble", async () => {
    const before = await ready();
    const mains = [await service.mainPid(supervisor), await service.mainPid(gateway)];
    await machine.signal(pidOf(before, "fake"), "KILL");
    const after = await service.waitForStatus(
      "a new process",
      (status) => isReady(status) && pidOf(status, "fake") !== pidOf(before, "fake"),
    );
    expect(pidOf(after, "bash")).toBe(pidOf(before, "bash"));
    expect([await service.mainPid(supervisor), await service.mainPid(gateway)]).toEqual(mains);
  });

  test("either part starts without the other", async () => {
    await service.systemctl("stop", supervisor, gateway);
    await service.systemctl("start", gateway);
    await service.waitForProperty(gateway, "StatusText", (text) =>
      text.includes("waiting for the supervisor"),
    );
    await service.systemctl("start", supervisor);
    await ready();
    await service.systemctl("stop", gateway);
    await service.systemctl("restart", supervisor);
    await service.waitForProperty(supervisor, "StatusText", (text) => text === "2 of 2 servers ready");
    const kept = await service.mainPid(supervisor);
    await service.systemctl("start", gateway);
    await ready();
    await service.systemctl("stop", gateway);
    const { stdout, code } = await service.gateway(["status", "--config", service.configPath]);
    expect({ code, said: /gateway/u.test(stdout) }).toEqual({ code: 7, said: true });
    await service.systemctl("start", gateway);
    await ready();
    expect(await service.mainPid(supervisor)).toBe(kept);
  });

  test("reads its configuration again on SIGHUP, and on reload, which fails when it has faults", async () => {
    const withMore = { mcpServers: { ...servers, more: fake } };
    await service.writeConfig(withMore);
    await service.systemctl("kill", "--signal=HUP", "--kill-who=main", supervisor);
    await service.waitForStatus("the third server", (status) => isReady(status) && pidOf(status, "more") > 0);
    await service.writeConfig(`{ "mcpServers": {\n  "more": { "comand": "bun" } } }`);
    const refused = await machine.run(["systemctl", "reload", gateway]);
    expect(refused.code).toBe(1);
    expect(await service.journal(gateway)).toContain("comand");
    await service.waitForProperty(supervisor, "StatusText", (text) =>
      text.includes("the last good configuration is in use"),
    );
    expect(await service.property(gateway, "ActiveState")).toBe("active");
    await service.writeConfig(good);
    await service.systemctl("reload", supervisor);
    await service.waitForStatus(
      "two servers again",
      (status) => isReady(status) && status.servers.length === 2,
    );
  });

  test("a process whose event loop stands still is ended by the watchdog and comes back", async () => {
    for (const unit of [gateway, supervisor]) {
      await machine.write(`/etc/systemd/system/${unit}.d/quick.conf`, "[Service]\nWatchdogSec=4s\n");
    }
    await service.systemctl("daemon-reload");
    await service.systemctl("restart", supervisor, gateway);
    await ready();
    const pids = [await service.mainPid(gateway), await service.mainPid(supervisor)];
    // As long as they turn, they are left alone: they say so again and again.
    await Promise.all(
      [gateway, supervisor].map(async (unit) => {
        const first = Number(await service.property(unit, "WatchdogTimestampMonotonic"));
        await service.waitForProperty(
          unit,
          "WatchdogTimestampMonotonic",
          (at) => Number(at) > first + 4_500_000,
        );
      }),
    );
    expect([await service.mainPid(gateway), await service.mainPid(supervisor)]).toEqual(pids);
    for (const unit of [gateway, supervisor]) {
      const pid = await service.mainPid(unit);
      await machine.signal(pid, "STOP");
      await service.waitForProperty(unit, "MainPID", (value) => value !== "0" && value !== String(pid));
      expect(await service.journal(unit)).toContain("Watchdog timeout");
      await ready();
      await machine.ok(["rm", "-r", `/etc/systemd/system/${unit}.d`]);
    }
    await service.systemctl("daemon-reload");
    await service.systemctl("restart", supervisor, gateway);
    expect(await service.property(gateway, "WatchdogUSec")).toBe("30s");
  }, 90_000);

  test("a stop lets a call in flight end, and leaves no process", async () => {
    await ready();
    await using client = await openRawClient(service.mcpUrl);
    const inFlight = client.callText("fake__echo", { nonce: "last words", ms: 2_000 });
    await service.waitForStatus("the call to be in flight", (status) =>
      status.servers.some((one) => one.inFlight > 0),
    );
    const before = [...(await service.processes(supervisor)), ...(await service.processes(gateway))];
    const stopped = service.gateway(["service", "stop"]);
    expect(await inFlight).toContain("last words");
    expect((await stopped).code).toBe(0);
    for (const unit of [supervisor, gateway]) {
      expect(await service.property(unit, "ActiveState")).toBe("inactive");
      expect(await service.property(unit, "Result")).toBe("success");
      expect(await service.processes(unit)).toEqual([]);
    }
    for (const pid of before) expect((await machine.run(["test", "-e", `/proc/${pid}`])).code).toBe(1);
    expect((await service.gateway(["service", "status"])).code).toBe(3);
    const { stdout } = await service.gateway(["status", "--config", service.configPath]);
    expect(stdout).toContain("service start");
  });

  test("a broken configuration ends in the start limit, with its fault in the journal", async () => {
    await service.writeConfig(`{ "mcpServers": {\n  "bash": { "command": 7 } } }`);
    const { code } = await service.gateway(["service", "start"]);
    expect(code).toBe(1);
    await service.waitForProperty(supervisor, "ActiveState", (state) => state === "failed");
    const journal = await service.journal(supervisor);
    expect(journal).toContain("Start request repeated too quickly");
    expect(journal).toContain("config.json:2:24 mcpServers.bash.command: must be a string");
    const told = await service.gateway(["service", "status"]);
    expect(told.stdout).toMatch(/failed \((?:exit-code|start-limit-hit)\)/u);
    await service.writeConfig(good);
    const restarted = await service.gateway(["service", "restart"]);
    expect(restarted.code).toBe(0);
    expect(restarted.stdout).toContain(`http://127.0.0.1:${service.port}: 2 of 2 servers ready`);
  }, 90_000);

  test("what keeps it from starting is shown by the installation", async () => {
    using taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
    await machine.write("/srv/second/config.json", JSON.stringify({ mcpServers: { bash: servers.bash } }));
    const options = ["--config", "/srv/second/config.json", "--port", String(taken.port), "--name", "second"];
    const { code, stderr } = await service.gateway(["service", "install", ...options]);
    expect(code).toBe(3);
    expect(stderr).toContain("second.service is installed, and does not start (exit-code):");
    expect(stderr).toContain(`Another program already listens on 127.0.0.1:${taken.port}`);
    expect(stderr).toContain("service restart --name second");
    expect((await service.gateway(["service", "uninstall", "--name", "second"])).code).toBe(0);
    await ready();
  });

  test("starts with the machine", async () => {
    await service.gateway(["service", "stop"]);
    expect(await service.property(gateway, "ActiveState")).toBe("inactive");
    // What a start of the machine starts.
    await service.systemctl("start", "multi-user.target");
    await ready();
  });

  test("starts from bundles once they are made, confined as it is", async () => {
    await waitFor(
      async () =>
        /apps-.*json/u.test((await machine.run(["sh", "-c", "ls /var/cache/mcp-gateway/*/bundles"])).stdout),
      {
        what: "bundles",
        timeoutMs: 30_000,
      },
    );
    await service.gateway(["service", "restart"]);
    await ready();
    const maps = await machine.ok([
      "sh",
      "-c",
      `tr '\\0' '\\n' < /proc/${await service.mainPid(gateway)}/cmdline`,
    ]);
    expect(maps).toContain("apps/gateway/src/main.ts");
    expect(await bash("echo from a bundle")).toContain("from a bundle");
  });

  test("workers are a unit each; one that is killed comes back, and the other's session lives on", async () => {
    const { code, stderr } = await install("--workers", "2");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const units = ["mcp-gateway@1.service", "mcp-gateway@2.service"];
    for (const unit of units) expect(await service.property(unit, "ActiveState")).toBe("active");
    expect(await service.property(gateway, "LoadState")).toBe("not-found");
    const before = await service.waitForStatus(
      "both workers",
      (status) => isReady(status) && status.workers.length === 2,
    );
    const session = await sessionOfFirst();
    await service.systemctl("kill", "--signal=KILL", "--kill-who=main", "mcp-gateway@2.service");
    await service.waitForStatus(
      "a new second worker",
      (status) =>
        isReady(status) &&
        status.workers.every(({ state }) => state === "up") &&
        status.workers[1]?.pid !== before.workers[1]?.pid,
    );
    const params = { name: "bash__bash", arguments: { command: "echo the session lives" } };
    const answer = await post({ jsonrpc: "2.0", id: 2, method: "tools/call", params }, session);
    expect(await answer.text()).toContain("the session lives");
    expect(await service.mainPid("mcp-gateway@1.service")).toBe(before.workers[0]?.pid ?? 0);
    expect(await service.mainPid(supervisor)).toBe(before.supervisor.pid ?? 0);
  });

  /** By a connection of its own, which any worker may get. */
  function post(message: unknown, session?: string): Promise<Response> {
    const headers = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      connection: "close",
      ...(session === undefined ? {} : { "mcp-session-id": session }),
    };
    return fetch(service.mcpUrl, { method: "POST", headers, body: JSON.stringify(message) });
  }

  async function sessionOfFirst(): Promise<string> {
    const clientInfo = { name: "test", version: "1" };
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
    return waitFor(
      async () => {
        const answer = await post({ jsonrpc: "2.0", id: 1, method: "initialize", params });
        const id = answer.headers.get("mcp-session-id") ?? "";
        await answer.text();
        if (!id.startsWith("1.")) return undefined;
        await post({ jsonrpc: "2.0", method: "notifications/initialized" }, id);
        return id;
      },
      { what: "a session at the first worker" },
    );
  }

  test("is taken away without a trace of what was running", async () => {
    const { code, stdout } = await service.gateway(["service", "uninstall"]);
    expect(code).toBe(0);
    expect(stdout).toContain("removed /etc/systemd/system/mcp-gateway@.service");
    const left = await machine.run([
      "sh",
      "-c",
      "ls /etc/systemd/system /etc/sysusers.d /run/mcp-gateway; systemctl list-units --all --no-legend 'mcp-gateway*'",
    ]);
    expect(left.stdout).not.toContain("mcp-gateway.");
    expect(await machine.programsOf("mcp-gateway")).toEqual([]);
    expect((await service.gateway(["service", "status"])).code).toBe(3);
    expect((await service.gateway(["status", "--config", service.configPath])).code).toBe(3);
  });
});
