import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { linkAddress, linkToken } from "@mcp-gateway/contract";
import { instancePaths } from "@mcp-gateway/kit";
import { listProcesses } from "../../../../apps/supervisor/src/process/process-table.ts";
import { sendSignal } from "../../../../apps/supervisor/src/process/sweep.ts";
import { tagScope } from "../../../../apps/supervisor/src/process/tag.ts";
import { repositoryDirectory } from "../../../support/repository.ts";
import { LinkClient } from "../rpc/link-client.ts";
import { temporaryFolder, until } from "./programs.ts";

const main = join(repositoryDirectory, "apps/supervisor/src/main.ts");
const fakeBackend = join(repositoryDirectory, "tests/support/fake-backend.ts");

type Servers = Record<string, { readonly command: string; readonly args: readonly string[] }>;

class Place {
  readonly folder = temporaryFolder();
  readonly config = join(this.folder.path, "config.json");
  readonly environment: Record<string, string | undefined>;
  readonly #started: Bun.Subprocess<"pipe", "pipe", "pipe">[] = [];

  constructor() {
    this.environment = {
      ...process.env,
      MCP_GATEWAY_RUNTIME_DIR: join(this.folder.path, "run"),
      MCP_GATEWAY_STATE_DIR: join(this.folder.path, "state"),
      MCP_GATEWAY_LOG_DIR: undefined,
    };
    mkdirSync(join(this.folder.path, "logs"));
  }

  get paths() {
    return instancePaths(this.config, this.environment);
  }

  write(servers: Servers): void {
    const text = JSON.stringify({
      gateway: { logs: { directory: "logs" } },
      mcpServers: servers,
    });
    writeFileSync(`${this.config}.new`, text);
    renameSync(`${this.config}.new`, this.config);
  }

  start(
    options: {
      readonly program?: string;
      readonly flags?: readonly string[];
      readonly env?: Record<string, string>;
    } = {},
  ) {
    const child = Bun.spawn(
      [
        process.execPath,
        "--no-orphans",
        options.program ?? main,
        "--config",
        this.config,
        ...(options.flags ?? []),
      ],
      {
        env: { ...this.environment, ...options.env },
        stdin: "pipe",
        stdout: "pipe",
        stderr: "pipe",
      },
    );
    this.#started.push(child);
    return child;
  }

  async connect(): Promise<LinkClient> {
    const address = linkAddress(this.paths, {});
    let client: LinkClient | undefined;
    await until(async () => {
      const ended = this.#started.find(({ exitCode }) => exitCode !== null && exitCode !== 0);
      if (ended !== undefined) throw new Error(`ended: ${await new Response(ended.stderr).text()}`);
      client = await LinkClient.open(address, linkToken(this.paths)).catch(() => undefined);
      return client !== undefined;
    }, "the supervisor to listen");
    if (client === undefined) throw new Error("unreachable");
    return client;
  }

  /** Programs of any supervisor at this place. */
  async programs() {
    const { scope } = tagScope(this.paths.socketPath, "");
    return (await listProcesses()).filter(({ tag }) => tag.includes(`${scope}.`));
  }

  logs(): string {
    const folder = join(this.folder.path, "logs");
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("");
  }

  async dispose(): Promise<void> {
    for (const child of this.#started) {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await child.exited;
    }
    for (const { pid, tag } of await listProcesses()) {
      if (tag.includes(tagScope(this.paths.socketPath, "").scope)) sendSignal(pid, "SIGKILL");
    }
    this.folder[Symbol.dispose]();
  }
}

function fake(name: string, ...flags: readonly string[]) {
  return { command: process.execPath, args: [fakeBackend, "--name", name, ...flags] };
}

const places: Place[] = [];
function place(servers: Servers): Place {
  const made = new Place();
  places.push(made);
  made.write(servers);
  return made;
}
afterEach(async () => {
  for (const made of places.splice(0)) await made.dispose();
});

describe.skipIf(process.platform !== "linux")("the supervisor as a process", () => {
  test("SIGTERM ends it in order with code 0, and nothing is left", async () => {
    const here = place({ one: fake("one", "--grandchildren", "2", "--setsid"), two: fake("two") });
    const supervisor = here.start();
    await using link = await here.connect();
    await link.untilPhase("one", "ready");
    await link.untilPhase("two", "ready");
    supervisor.kill("SIGTERM");
    expect(await supervisor.exited).toBe(0);
    expect(await here.programs()).toEqual([]);
    expect(existsSync(here.paths.socketPath)).toBe(false);
    expect(here.logs()).toContain("supervisor stopped");
  }, 20_000);

  test("a second SIGTERM ends it at once, with the programs that resist", async () => {
    const here = place({ one: fake("one", "--ignore-sigterm", "--ignore-eof", "--grandchildren", "2") });
    const supervisor = here.start();
    await using link = await here.connect();
    await link.untilPhase("one", "ready");
    supervisor.kill("SIGTERM");
    await link.untilPhase("one", "stopping");
    const beganMs = performance.now();
    supervisor.kill("SIGTERM");
    expect(await supervisor.exited).toBe(1);
    expect(performance.now() - beganMs).toBeLessThan(1_500);
    await until(async () => (await here.programs()).length === 0, "the programs to be gone", 2_000);
  }, 20_000);

  test("after SIGKILL the next supervisor sweeps what is left, and brings everything back", async () => {
    const here = place({
      one: fake("one", "--ignore-sigterm", "--ignore-eof", "--grandchildren", "5", "--setsid"),
    });
    const first = here.start();
    const link = await here.connect();
    await link.untilPhase("one", "ready");
    first.kill("SIGKILL");
    await first.exited;
    await link[Symbol.asyncDispose]();
    // `--no-orphans` has ended the direct child, and nobody the rest.
    const orphans = await here.programs();
    expect(orphans.length).toBeGreaterThanOrEqual(5);
    const second = here.start();
    await using again = await here.connect();
    await again.untilPhase("one", "ready");
    const alive = new Set((await here.programs()).map(({ pid }) => pid));
    expect(orphans.filter(({ pid }) => alive.has(pid))).toEqual([]);
    await until(() => here.logs().includes("processes of an earlier supervisor killed"), "the log line");
    second.kill("SIGTERM");
    expect(await second.exited).toBe(0);
    expect(await here.programs()).toEqual([]);
  }, 30_000);

  test("a second supervisor for the same configuration says so and exits with 4", async () => {
    const here = place({});
    const first = here.start();
    await using link = await here.connect();
    const second = here.start();
    expect(await second.exited).toBe(4);
    const said = await new Response(second.stderr).text();
    expect(said).toContain("✖ MCP Gateway already runs with this configuration");
    expect(said.trim().split("\n").length).toBe(2);
    expect(link.control.closed).toBe(false);
    first.kill("SIGTERM");
    await first.exited;
  }, 15_000);

  test("a bad flag exits with 2, a broken configuration with 3", async () => {
    const here = place({});
    expect(await here.start({ flags: ["--log-level", "loud"] }).exited).toBe(2);
    expect(await here.start({ flags: ["--nonsense"] }).exited).toBe(2);
    writeFileSync(here.config, '{ "mcpServers": { "a": { "command": 5 }, "b": { "args": [] } } }');
    const broken = here.start();
    expect(await broken.exited).toBe(3);
    expect(await new Response(broken.stderr).text()).toContain("config.json:1");
  }, 15_000);

  test("saving the configuration is noticed, also when the file is replaced", async () => {
    const here = place({ one: fake("one") });
    const supervisor = here.start();
    await using link = await here.connect();
    const one = await link.untilPhase("one", "ready");
    here.write({ one: fake("one"), two: fake("two") });
    await link.untilPhase("two", "ready");
    expect(link.backend("one")?.pid).toBe(one.pid);
    here.write({ two: fake("two") });
    await until(() => link.backend("one") === undefined, "the removal");
    writeFileSync(here.config, "{ broken");
    await until(() => {
      const last = link.control.messages.findLast(({ type }) => type === "config");
      return last?.type === "config" && last.config.faults.length > 0;
    }, "the faults");
    expect(link.backend("two")?.phase).toBe("ready");
    here.write({ two: fake("two"), three: fake("three") });
    supervisor.kill("SIGHUP");
    await link.untilPhase("three", "ready");
    supervisor.kill("SIGTERM");
    await supervisor.exited;
  }, 20_000);

  test("with --hold nothing starts until a gateway is there", async () => {
    const here = place({ one: fake("one") });
    const supervisor = here.start({ flags: ["--hold"] });
    await until(() => existsSync(here.paths.socketPath), "the socket");
    await Bun.sleep(300);
    expect(await here.programs()).toEqual([]);
    await using link = await here.connect();
    await link.untilPhase("one", "ready");
    supervisor.kill("SIGTERM");
    await supervisor.exited;
  }, 15_000);

  test("under a launcher SIGINT is ignored, and the end of stdin is the launcher's end", async () => {
    const here = place({ one: fake("one") });
    const supervisor = here.start({ env: { MCP_GATEWAY_LAUNCHER: "1" } });
    await using link = await here.connect();
    await link.untilPhase("one", "ready");
    supervisor.kill("SIGINT");
    expect(
      (await link.call(await link.untilPhase("one", "ready"), "echo", { nonce: "still" })).text,
    ).toContain("still");
    supervisor.stdin.end();
    expect(await supervisor.exited).toBe(0);
    expect(await here.programs()).toEqual([]);
  }, 15_000);

  test("a bug ends it with 70, told in the log, and no program outlives it", async () => {
    const here = place({
      one: fake("one", "--ignore-sigterm", "--ignore-eof", "--grandchildren", "2", "--setsid"),
    });
    const supervisor = here.start({ program: join(import.meta.dir, "crashing-supervisor.ts") });
    await using link = await here.connect();
    await link.untilPhase("one", "ready");
    supervisor.kill("SIGUSR2");
    expect(await supervisor.exited).toBe(70);
    expect(await new Response(supervisor.stderr).text()).toContain("unhandled rejection: a bug");
    expect(here.logs()).toContain("CRITICAL supervisor unhandled rejection");
    await until(async () => (await here.programs()).length === 0, "the programs to be gone", 2_000);
  }, 15_000);

  test("forty programs come up side by side and leave together", async () => {
    const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
    const here = place(Object.fromEntries(names.map((name) => [name, fake(name)])));
    const supervisor = here.start();
    await using link = await here.connect();
    for (const name of names) await link.untilPhase(name, "ready", 30_000);
    supervisor.kill("SIGTERM");
    expect(await supervisor.exited).toBe(0);
    expect(await here.programs()).toEqual([]);
  }, 60_000);
});
