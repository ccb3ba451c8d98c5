/** Policies, kept by a real cmd.exe: what is denied does not happen, however it is written. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../../support/temp-dir.ts";
import { type Check, equal, holds, inParallel } from "./check.ts";
import { ServerClient, type ServerName, startFault } from "./server-client.ts";

/** Ways to delete `victim.txt`, with what else the call gives. */
const deletions: readonly (string | { readonly command: string; readonly env: Record<string, string> })[] = [
  "del victim.txt",
  "DEL victim.txt",
  "erase victim.txt",
  "dir & del victim.txt",
  "dir&del victim.txt",
  "dir | del victim.txt",
  "ver && del victim.txt",
  "nosuch || del victim.txt",
  "d^el victim.txt",
  'd"e"l victim.txt',
  '"del" victim.txt',
  "@del victim.txt",
  "del/q victim.txt",
  "=del victim.txt",
  ",del victim.txt",
  "(del victim.txt)",
  ">nul del victim.txt",
  "2>nul del victim.txt",
  "if exist victim.txt del victim.txt",
  'if "a"=="a" del victim.txt',
  "if a==a del victim.txt",
  "if a EQU a del victim.txt",
  "if 1==2 (echo) else del victim.txt",
  "for %i in (victim.txt) do del %i",
  "for %i in (victim.txt) do @del %i",
  "for /f %i in ('del victim.txt') do echo %i",
  "for %i in (del) do %i victim.txt",
  "cmd /c del victim.txt",
  "cmd /cdel victim.txt",
  'cmd /s/c"del victim.txt"',
  "cmd/c del victim.txt",
  'cmd /c "dir & del victim.txt"',
  "call del victim.txt",
  'start "" /b /wait cmd /c del victim.txt',
  "echo ^& del victim.txt | more",
  'echo "\ndel victim.txt\necho "',
  "rem x ^\ndel victim.txt",
  "d^\nel victim.txt",
  "set a=d\nset b=el\n%a%%b% victim.txt",
  "set a=del\ncall %%a%% victim.txt",
  "for %%i in (victim.txt) do (\ndel %%i\n)",
  { command: "%A% victim.txt", env: { A: "del" } },
  { command: "echo %A%", env: { A: "x & del victim.txt" } },
  { command: "echo %A:~0,50%", env: { A: "x & del victim.txt" } },
  { command: "echo %a b%", env: { "a b": "x & del victim.txt" } },
  { command: "cmd /v:on /c !A! victim.txt", env: { A: "del" } },
];

async function survivors(args: readonly string[], folder: string): Promise<number> {
  await using server = await ServerClient.open("cmd", args);
  let count = 0;
  await inParallel([...deletions.entries()], 4, async ([at, deletion]) => {
    const cwd = join(folder, String(at));
    mkdirSync(cwd, { recursive: true });
    writeFileSync(join(cwd, "victim.txt"), "");
    const given = typeof deletion === "string" ? { command: deletion } : deletion;
    const answer = await server.call({ ...given, cwd, timeoutMs: 30_000 });
    const isThere = existsSync(join(cwd, "victim.txt"));
    if (isThere) count += 1;
    if (args.length > 0) {
      holds(isThere, `${JSON.stringify(deletion)} deleted it: ${answer.text}`);
      holds(
        answer.isError && /policy|to check it/u.test(answer.text),
        `${JSON.stringify(deletion)}: ${answer.text}`,
      );
    }
  });
  return count;
}

async function denied(): Promise<string> {
  using folder = tempDir("policy");
  equal(
    await survivors(["--deny", "del"], join(folder.path, "denied")),
    deletions.length,
    "files that are left",
  );
  equal(
    await survivors(["--allow", "echo", "--allow", "dir"], join(folder.path, "few")),
    deletions.length,
    "left",
  );
  const open = deletions.length - (await survivors([], join(folder.path, "open")));
  holds(open > deletions.length / 2, `without a policy only ${open} of ${deletions.length} delete it`);
  return `${deletions.length} commands, of which ${open} delete it when nothing forbids`;
}

async function allowed(): Promise<void> {
  await using server = await ServerClient.open("cmd", ["--allow", "echo", "--allow", "cmd /c exit *"]);
  equal((await server.call({ command: "echo a & echo b" })).isError, false, "echo");
  equal((await server.call({ command: "for %i in (1 2) do @echo %i" })).structured["stdout"], "1\r\n2\r\n");
  for (const command of ["dir", "echo a & dir", "type x", "echo %PATH%"]) {
    const answer = await server.call({ command });
    holds(answer.isError && answer.structured["exitCode"] === undefined, `${command}: ${answer.text}`);
  }
}

async function place(): Promise<void> {
  using folder = tempDir("jail");
  const inside = join(folder.path, "Inside");
  mkdirSync(join(inside, "deep"), { recursive: true });
  mkdirSync(`${inside}-not`);
  await using server = await ServerClient.open("cmd", ["--cwd-within", inside]);
  const places: readonly (readonly [string | undefined, boolean])[] = [
    [undefined, true],
    [inside, true],
    [join(inside, "deep"), true],
    [join(inside, "deep", "..", "deep"), true],
    [folder.path, false],
    [join(inside, ".."), false],
    [`${inside}-not`, false],
    ["C:\\", false],
  ];
  for (const [cwd, isRight] of places) {
    const answer = await server.call({ command: "cd", ...(cwd === undefined ? {} : { cwd }) });
    equal(answer.isError, !isRight, `${cwd}: ${answer.text}`);
    if (isRight) holds(answer.text.toLowerCase().includes("inside"), answer.text);
  }
}

async function environment(): Promise<void> {
  const env = { MCP_SECRET: "s", MCP_KEPT: "k" };
  await using passing = await ServerClient.open("cmd", ["--env-pass", "MCP_K*"], env);
  const shown = String((await passing.call({ command: "set", env: { OWN: "o" } })).structured["stdout"]);
  holds(!shown.includes("MCP_SECRET") && shown.includes("MCP_KEPT=k") && shown.includes("OWN=o"), shown);
  holds(
    /^(?:PATH|Path)=/mu.test(shown) && /^SYSTEMROOT=/imu.test(shown),
    "what every program needs is there",
  );
  await using blocking = await ServerClient.open("cmd", ["--env-block", "mcp_secret"], env);
  const less = String((await blocking.call({ command: "set" })).structured["stdout"]);
  holds(!less.includes("MCP_SECRET") && less.includes("MCP_KEPT=k"), less);
  const set = await blocking.call({ command: "set", env: { Mcp_Secret: "x" } });
  holds(set.isError && set.text.includes("Mcp_Secret"), set.text);
}

async function dryRun(): Promise<void> {
  using folder = tempDir("dry");
  await using server = await ServerClient.open("cmd", ["--dry-run", "--deny", "del"]);
  const answer = await server.call({ command: "echo x>made.txt", cwd: folder.path });
  holds(answer.text.includes("Dry run: nothing was run."), answer.text);
  equal(existsSync(join(folder.path, "made.txt")), false, "nothing was made");
  const wrong = await server.call({ command: "del x" });
  holds(wrong.isError && wrong.text.includes("denies"), wrong.text);
  await using wmi = await ServerClient.open("wmi", ["--dry-run"]);
  const query = await wmi.call({ wmi_class: "Win32_Process", filter: "ProcessId > 5" });
  holds(query.text.includes("SELECT * FROM Win32_Process WHERE ProcessId > 5"), query.text);
}

async function bounds(): Promise<void> {
  await using server = await ServerClient.open("cmd", ["--timeout-ms-max", "2000", "--output-bytes", "1024"]);
  const late = await server.call({ command: "ping -n 20 127.0.0.1 >nul" });
  equal(late.structured["timedOut"], true, "the bound is the default, too");
  const asked = await server.call({ command: "echo x", timeoutMs: 2_001 });
  holds(asked.isError && asked.text.includes("2000"), asked.text);
  const long = await server.call({ command: "for /l %i in (1,1,300) do @echo 0123456789" });
  holds(String(long.structured["stdout"]).length < 1_100, "output is bounded");
}

async function refusedAtStart(): Promise<string> {
  const wrong: readonly (readonly [ServerName, readonly string[], RegExp])[] = [
    ...(["cmd", "powershell", "wmi"] as const).flatMap((server) => [
      [server, ["--user", "guest"], /--user needs Linux/u] as const,
      [server, ["--read-only"], /--read-only/u] as const,
      [server, ["--cwd-within", "C:\\no\\such"], /--cwd-within/u] as const,
      [server, ["--no-such-option"], /no-such-option/u] as const,
    ]),
    ["wmi", ["--deny", "x"], /--deny has no meaning here/u],
    ["wmi", ["--engine", "python"], /--engine must be one of/u],
  ];
  await inParallel(wrong, 4, async ([server, args, why]) => {
    const { code, said } = await startFault(server, args);
    equal(code, 2, `${server} ${args.join(" ")}: exit code`);
    holds(why.test(said) && said.includes(`${server} server: `), `${server} ${args.join(" ")}: ${said}`);
  });
  return `${wrong.length} starts`;
}

async function audit(): Promise<void> {
  using folder = tempDir("audit");
  const path = join(folder.path, "audit.jsonl");
  {
    await using server = await ServerClient.open("cmd", ["--audit", path]);
    await server.call({ command: "echo 你好 & exit 3", env: { TOKEN: "secret-value" } });
  }
  const text = readFileSync(path, "utf8");
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const events = lines.map(({ event }) => event);
  holds(events.includes("begin") && events.includes("end"), text);
  equal(lines.find(({ event }) => event === "end")?.["exitCode"], 3, "exit code");
  holds(
    text.includes("你好") && !text.includes("secret-value"),
    "the command is there, values of variables are not",
  );
}

export const policyChecks: readonly Check[] = [
  { name: "a denied command is not run, however it is written", run: denied },
  { name: "only what is allowed runs", run: allowed },
  { name: "commands begin only where they may", run: place },
  { name: "variables that are not passed are not seen", run: environment },
  { name: "a dry run runs nothing", run: dryRun },
  { name: "limits of time and output", run: bounds },
  { name: "what can't be kept on Windows is refused at the start", run: refusedAtStart },
  { name: "each call can be written down", run: audit },
];
