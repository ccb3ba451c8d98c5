/** The gateway as a person's own service, and as a service of the system that runs as that person. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openRawClient } from "../support/raw-client.ts";
import { waitFor } from "../support/wait-for.ts";
import { type Installed, installedIn, isReady, pidOf } from "./installed.ts";
import { bootMachine, bun, clone, type InMachine, type Machine, machineImpossible } from "./machine.ts";

const impossible = await machineImpossible(); // The reason was printed with the services of the system.

const person = "alice";
const configuration = {
  gateway: { logs: { directory: "./logs" } },
  mcpServers: { bash: { command: "bun", args: [`${clone}/servers/bash/src/main.ts`] } },
};

let machine: Machine;
/** A shell that knows nothing of a login, as `su` gives it. */
let asPerson: InMachine;

describe.skipIf(impossible !== undefined)("a person's service", () => {
  beforeAll(async () => {
    machine = await bootMachine();
    await machine.ok(["useradd", "--create-home", person]);
    asPerson = { user: person, directory: `/home/${person}` };
  }, 60_000);

  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]();
  }, 30_000);

  async function command(service: Installed, text: string): Promise<string> {
    await using client = await openRawClient(service.mcpUrl);
    return await client.callText("bash__bash", { command: text });
  }

  test("needs the person's own manager, and says how to have it", async () => {
    const own = installedIn(machine, `/home/${person}/mcp/config.json`, { as: asPerson });
    await own.writeConfig(configuration);
    await machine.ok(["chown", "-R", person, `/home/${person}`]);
    const { code, stderr } = await own.gateway(["service", "install", "--config", own.configPath]);
    expect(code).toBe(1);
    expect(stderr).toContain(`The service manager of ${person} does not answer`);
    expect(stderr).toContain(`sudo loginctl enable-linger ${person}`);
  });

  test("runs in it with all of the person's rights, comes back when it is killed, and is found from a plain shell", async () => {
    await machine.ok(["systemctl", "start", "dbus.socket", "systemd-logind.service"]);
    await machine.ok(["loginctl", "enable-linger", person]);
    const uid = (await machine.ok(["id", "-u", person])).trim();
    const manager = { ...asPerson, environment: { XDG_RUNTIME_DIR: `/run/user/${uid}` } };
    await waitFor(
      async () => (await machine.run(["systemctl", "--user", "show-environment"], manager)).code === 0,
      {
        what: "the person's manager",
      },
    );
    const own = installedIn(machine, `/home/${person}/mcp/config.json`, { words: ["--user"], as: manager });
    const installed = await own.gateway(
      ["service", "install", "--config", own.configPath, "--port", String(own.port)],
      asPerson,
    );
    expect({ code: installed.code, stderr: installed.stderr }).toEqual({ code: 0, stderr: "" });
    expect(installed.stdout).toContain("a service of your own that starts with your login");
    expect(installed.stdout).not.toContain("enable-linger");
    expect(await command(own, `id -un; echo mine > ~/written; cat ~/written`)).toContain(`${person}\nmine`);
    expect(await command(own, "env")).not.toMatch(/NOTIFY_SOCKET|WATCHDOG|INVOCATION_ID|JOURNAL_STREAM/u);

    const before = await own.waitForStatus("the server", isReady);
    await own.systemctl("kill", "--signal=KILL", "--kill-who=main", "mcp-gateway.service");
    const after = await own.waitForStatus(
      "a new gateway",
      (now) => isReady(now) && now.gateway.pid !== before.gateway.pid,
    );
    expect(pidOf(after, "bash")).toBe(pidOf(before, "bash"));
    const facts = await machine.ok(["cat", `/proc/${after.gateway.pid}/status`]);
    expect(facts).toMatch(/^Seccomp:\s2$/mu);
    expect(facts).toMatch(/^NoNewPrivs:\s1$/mu);

    expect(await machine.programsOf(person)).toContain("bun");
    const seen = await own.gateway(["status", "--config", own.configPath], asPerson);
    expect({ code: seen.code, said: seen.stdout.includes("is ready") }).toEqual({ code: 0, said: true });
    expect((await own.gateway(["service", "stop"], asPerson)).code).toBe(0);
    expect(await own.property("mcp-gateway.service", "ActiveState")).toBe("inactive");
    // What the start of the person's manager starts.
    await own.systemctl("start", "default.target");
    await own.waitForStatus("the server after the start of the manager", isReady);
    const removed = await own.gateway(["service", "uninstall"], asPerson);
    expect(removed.code).toBe(0);
    expect(await machine.programsOf(person)).not.toContain("bun");
  });

  test("as a service of the system that runs as the person, it has the person's files and is found by both", async () => {
    const shared = installedIn(machine, `/home/${person}/mcp/config.json`);
    const options = ["--run-as", person, "--name", "for-alice", "--config", shared.configPath];
    const installed = await shared.gateway(["service", "install", ...options, "--port", String(shared.port)]);
    expect({ code: installed.code, stderr: installed.stderr }).toEqual({ code: 0, stderr: "" });
    expect(await command(shared, "id -un; cat ~/written")).toContain(`${person}\nmine`);
    const seen = await shared.gateway(["status", "--config", shared.configPath], asPerson);
    expect({ code: seen.code, said: seen.stdout.includes("is ready") }).toEqual({ code: 0, said: true });
    expect((await shared.gateway(["status", "--config", shared.configPath])).code).toBe(0);
    expect((await shared.gateway(["service", "uninstall", "--name", "for-alice"])).code).toBe(0);
    expect((await machine.run(["getent", "passwd", "mcp-gateway"])).code).toBe(2);
  });

  test("with a user of its own sees of a closed home only the clone and the configuration, and changes neither", async () => {
    const home = `/home/${person}`;
    await machine.ok([
      "sh",
      "-c",
      `mkdir ${home}/clone && mount --bind "$1" ${home}/clone && chmod 700 ${home}`,
      "sh",
      clone,
    ]);
    const hidden = installedIn(machine, `${home}/mcp/config.json`);
    const program = [bun, `${home}/clone/apps/cli/bin/gateway`, "service"];
    const options = ["--config", hidden.configPath, "--port", String(hidden.port)];
    await machine.ok(["chmod", "600", hidden.configPath]);
    const closed = await machine.run([...program, "install", ...options]);
    expect(closed.code).toBe(1);
    expect(closed.stderr).toContain(`${hidden.configPath} is closed to that user`);
    expect(closed.stderr).toContain(
      `chgrp mcp-gateway ${hidden.configPath} && chmod g+rX ${hidden.configPath}`,
    );
    expect((await machine.run(["ls", "/etc/systemd/system"])).stdout).not.toContain("mcp-gateway");
    await machine.ok(["sh", "-c", `chgrp -R mcp-gateway ${home}/mcp && chmod -R g+rX,o= ${home}/mcp`]);
    const installed = await machine.run([...program, "install", ...options]);
    expect({ code: installed.code, stderr: installed.stderr }).toEqual({ code: 0, stderr: "" });
    const seen = await command(
      hidden,
      `ls -A ${home}; cat ${home}/written; for one in ${home} ${home}/mcp ${home}/clone; do touch "$one/x" && echo "wrote $one"; done`,
    );
    expect(seen).toMatch(/stdout:\nclone\nmcp\n/u);
    expect(seen).toContain(`${home}/written: No such file`);
    expect(seen).not.toContain("wrote");
    expect((await machine.run([...program, "uninstall"])).code).toBe(0);
  });

  test("is not made with sudo for root instead of the person, nor as a person that is not there", async () => {
    const config = `/home/${person}/mcp/config.json`;
    const gateway = installedIn(machine, config).gateway;
    const bySudo = await gateway(["service", "install", "--user", "--config", config], {
      environment: { SUDO_USER: person },
      directory: clone,
    });
    expect({ code: bySudo.code, said: bySudo.stderr.includes("Leave sudo away") }).toEqual({
      code: 1,
      said: true,
    });
    const nobody = await gateway(["service", "install", "--run-as", "bob", "--config", config]);
    expect({ code: nobody.code, said: nobody.stderr.includes("There is no user bob") }).toEqual({
      code: 1,
      said: true,
    });
  });
});
