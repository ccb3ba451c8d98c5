/** What the server `cmd` must do with a real cmd.exe. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBundles, loadProgram } from "@mcp-gateway/kit/prebuilt";
import { tempDir } from "../../support/temp-dir.ts";
import { type Check, equal, holds, isWine, Skipped } from "./check.ts";
import { Family, until } from "./family.ts";
import { type Answer, ServerClient } from "./server-client.ts";

type Call = (given: Readonly<Record<string, unknown>>) => Promise<Answer>;

function check(name: string, run: (call: Call) => Promise<unknown>): Check {
  return {
    name,
    run: async () => {
      await using server = await ServerClient.open("cmd");
      return await run((given) => server.call(given));
    },
  };
}

function out(answer: Answer): string {
  return String(answer.structured["stdout"] ?? answer.text);
}

async function exitCodes(call: Call): Promise<void> {
  for (const code of [0, 1, 3, 127, 255, 300, 65_536, -1]) {
    const answer = await call({ command: `exit ${code}` });
    equal(answer.structured["exitCode"], code, `exit ${code}`);
    equal(answer.isError, code !== 0, `isError of exit ${code}`);
  }
  equal((await call({ command: "exit /b 7" })).structured["exitCode"], 7, "exit /b 7");
  equal(
    (await call({ command: "echo %errorlevel%" })).structured["stdout"],
    "0\r\n",
    "the first error level",
  );
  equal((await call({ command: "cmd /c exit 5 & cmd /c exit 0" })).structured["exitCode"], 0, "the last one");
  holds((await call({ command: "no-such-program-here" })).isError, "a missing program is an error");
}

async function batch(call: Call): Promise<void> {
  const lines = ["echo one", "for %%i in (two three) do echo %%i", "set X=four", "echo %X%", "exit /b 9"];
  for (const end of ["\n", "\r\n"]) {
    const answer = await call({ command: lines.join(end) });
    equal(out(answer), "one\r\ntwo\r\nthree\r\nfour\r\n", "output");
    equal(answer.structured["exitCode"], 9, "exit code");
  }
}

async function batchIsGone(): Promise<void> {
  using temporary = tempDir("batch");
  const folders = { TEMP: temporary.path, TMP: temporary.path };
  await using server = await ServerClient.open("cmd", [], folders);
  equal(out(await server.call({ command: "echo one\necho two" })), "one\r\ntwo\r\n");
  equal(readdirSync(temporary.path), [], "files that are left after its end");
  const late = await server.call({ command: "echo one\nping -n 30 127.0.0.1 >nul", timeoutMs: 10_000 });
  equal([late.structured["timedOut"], late.structured["stdout"]], [true, "one\r\n"], "timed out");
  equal(readdirSync(temporary.path), [], "files that are left after it was ended");
}

/** Wine's cmd.exe reads batch files in the system's code page, whatever the console's is. */
async function foreignBatch(call: Call): Promise<void> {
  if (isWine) throw new Skipped("Wine reads batch files in another code page than Windows does");
  equal(out(await call({ command: "set X=你好\necho %X%" })), "你好\r\n");
}

/** Text that programs wrote in a code page of their own, typed as it is. */
const foreign: readonly (readonly [codePage: number, text: string, bytes: readonly number[]])[] = [
  [936, "你好", [0xc4, 0xe3, 0xba, 0xc3]],
  [54936, "你好", [0xc4, 0xe3, 0xba, 0xc3]],
  [950, "你好", [0xa7, 0x41, 0xa6, 0x6e]],
  [932, "日本", [0x93, 0xfa, 0x96, 0x7b]],
  [949, "한글", [0xc7, 0xd1, 0xb1, 0xdb]],
  [437, "é█Ω", [0x82, 0xdb, 0xea]],
  [850, "éÁ¾", [0x82, 0xb5, 0xf3]],
  [866, "Да", [0x84, 0xa0]],
  [1252, "é€", [0xe9, 0x80]],
];

async function foreignText(call: Call): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "mcp-gateway-text-"));
  try {
    for (const [codePage, text, bytes] of foreign) {
      const file = join(folder, `${codePage}.txt`);
      writeFileSync(file, new Uint8Array([...bytes, 13, 10]));
      const answer = await call({ command: `type ${codePage}.txt`, codePage, cwd: folder });
      equal(out(answer), `${text}\r\n`, `code page ${codePage}`);
    }
    return `${foreign.length} code pages`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function cappedOutput(call: Call): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "mcp-gateway-big-"));
  try {
    writeFileSync(join(folder, "big.txt"), `begin\r\n${"0123456789abcdef\r\n".repeat(200_000)}end\r\n`);
    const answer = await call({ command: "type big.txt", cwd: folder });
    holds(out(answer).startsWith("begin\r\n") && out(answer).endsWith("end\r\n"), "both ends are kept");
    equal(answer.structured["truncated"], true, "truncated");
    equal(answer.structured["stdoutBytes"], 3_600_012, "bytes counted");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function refusals(call: Call): Promise<string> {
  const wrong: readonly Readonly<Record<string, unknown>>[] = [
    {},
    { command: "" },
    { command: "  \r\n " },
    { command: "echo\0" },
    { command: `echo ${"x".repeat(9_000)}` },
    { command: "echo x", cwd: "\\\\server\\share" },
    { command: "echo x", cwd: "//server/share" },
    { command: "echo x", cwd: "\\\\?\\C:\\" },
    { command: "echo x", cwd: "C:\\no\\such\\folder" },
    { command: "echo x", codePage: 123 },
    { command: "echo x", codePage: "65001" },
    { command: "echo x", timeoutMs: 0 },
    { command: "echo x", env: { "A=B": "c" } },
    { command: "echo x", shell: "bash" },
  ];
  for (const given of wrong) {
    const answer = await call(given);
    holds(
      answer.isError && answer.text.startsWith("The command was not run."),
      JSON.stringify(given).slice(0, 80),
    );
  }
  return `${wrong.length} calls`;
}

async function endsWithTime(): Promise<string> {
  await using server = await ServerClient.open("cmd");
  using family = new Family(2);
  const call = server.call({ command: `cmd /c "${family.commandLine}" & echo never`, timeoutMs: 25_000 });
  await family.whole(24_000);
  const answer = await call;
  equal([answer.isError, answer.structured["timedOut"]], [true, true], "timed out");
  await family.gone();
  return `${family.members.length} generations, 0 left`;
}

async function endsWithCancel(): Promise<string> {
  await using server = await ServerClient.open("cmd");
  using family = new Family(1);
  const cancel = new AbortController();
  const call = server.call({ command: family.commandLine }, { signal: cancel.signal, timeout: 60_000 });
  await family.whole();
  cancel.abort();
  await call.then(
    () => holds(false, "a cancelled call gave a result"),
    () => undefined,
  );
  await family.gone();
  equal(out(await server.call({ command: "echo still here" })), "still here\r\n", "the server lives on");
  return "0 left";
}

async function endsWithServer(): Promise<string> {
  using family = new Family(1);
  {
    await using server = await ServerClient.open("cmd");
    const background = await server.call({ command: `start /b ${family.commandLine.replace('"', '"" "')}` });
    holds(Number(background.structured["leftRunning"]) > 0, "what was left in the background is counted");
    await family.whole();
  }
  await family.gone();
  return "0 left";
}

async function tells(): Promise<string> {
  await using server = await ServerClient.open("cmd");
  const heard: string[] = [];
  const answer = await server.call(
    { command: "echo 第一 & ping -n 3 127.0.0.1 >nul & echo two" },
    { onprogress: ({ message }) => heard.push(message ?? "") },
  );
  equal(out(answer).replaceAll(" \r\n", "\r\n"), "第一\r\ntwo\r\n", "output");
  holds(heard.join("").includes("第一"), `progress: ${JSON.stringify(heard)}`);
  return `${heard.length} messages`;
}

/** What spares a server most of its start: a bundle with bytecode, made beside its first run. */
async function prebuilt(): Promise<string> {
  using cache = tempDir("bundle");
  const env = { MCP_GATEWAY_PREBUILT: "1", MCP_GATEWAY_CACHE_DIR: cache.path };
  const set = { name: "cmd", programs: { cmd: "servers/cmd/src/server.ts" } };
  const start = async (then: () => Promise<void>): Promise<number> => {
    const startedAtMs = performance.now();
    await using server = await ServerClient.open("cmd", [], env);
    const tookMs = Math.round(performance.now() - startedAtMs);
    equal(out(await server.call({ command: "echo x" })), "x\r\n");
    await then();
    return tookMs;
  };
  const first = await start(() =>
    until(() => findBundles(set, env) !== undefined, 60_000, "no bundle was made"),
  );
  const loaded = await loadProgram(findBundles(set, env), "cmd");
  equal(typeof loaded, "function", "the bundle can be loaded");
  const second = await start(async () => undefined);
  return `answers after ${first} ms from its source, after ${second} ms from the bundle`;
}

export const cmdChecks: readonly Check[] = [
  check("UTF-8 comes back as it is", async (call) => {
    equal(out(await call({ command: "echo 你好 é 😀" })), "你好 é 😀\r\n");
  }),
  check("the console has the code page that was asked for", async (call) => {
    holds(out(await call({ command: "chcp" })).includes("65001"), "65001 by default");
    holds(out(await call({ command: "chcp", codePage: 936 })).includes("936"), "936");
    equal(out(await call({ command: "echo 你好", codePage: 936 })), "你好\r\n", "GBK from cmd.exe itself");
  }),
  check("text in other code pages is decoded", foreignText),
  check("exit codes are whole and true", exitCodes),
  check("stdout and stderr are apart", async (call) => {
    const answer = await call({ command: "echo out & echo err 1>&2" });
    equal([out(answer).trim(), String(answer.structured["stderr"]).trim()], ["out", "err"], "streams");
  }),
  check("quotes, operators and carets are cmd.exe's own affair", async (call) => {
    equal(out(await call({ command: 'echo "a b" ^& "c|d" (e) 100%' })), '"a b" & "c|d" (e) 100%\r\n');
    equal(
      out(await call({ command: 'cmd /c "echo x & echo y"' })).replaceAll(" ", ""),
      "x\r\ny\r\n",
      "nested quotes",
    );
    equal(out(await call({ command: "for %i in (a b) do @echo %i" })), "a\r\nb\r\n", "a loop");
  }),
  check("several lines run as a batch file", batch),
  { name: "a batch file is gone afterwards, however it ended", run: batchIsGone, isWaiting: true },
  check("a batch file may hold any character", foreignBatch),
  check("working directory and environment", async (call) => {
    const windows = process.env["SystemRoot"] ?? "C:\\Windows";
    equal(
      out(await call({ command: "cd", cwd: windows }))
        .trim()
        .toLowerCase(),
      windows.toLowerCase(),
      "cd",
    );
    equal(
      out(await call({ command: "set A_B", env: { a_b: "x 你&^%" } })).trim(),
      "a_b=x 你&^%",
      "a variable",
    );
    const answer = await call({ command: "set systemroot", env: { SYSTEMROOT: windows } });
    equal(out(answer).trim().split(/\r?\n/u).length, 1, "one variable whatever its case");
  }),
  check("stdin is empty", async (call) => {
    equal((await call({ command: "sort", timeoutMs: 20_000 })).structured["timedOut"], false, "sort ends");
  }),
  check("long output keeps both ends", cappedOutput),
  check("what can't be run is refused, and why", refusals),
  check("eight at once", async (call) => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => call({ command: `echo ${at}` })));
    equal(
      answers.map(out),
      Array.from({ length: 8 }, (_, at) => `${at}\r\n`),
    );
  }),
  { name: "output is told as it comes", run: tells },
  { name: "it starts from a bundle from the second time on", run: prebuilt },
  { name: "the end of its time ends the whole tree", run: endsWithTime, isWaiting: true },
  { name: "a cancelled call ends the whole tree", run: endsWithCancel },
  { name: "the server's end ends what was left in the background", run: endsWithServer },
];
