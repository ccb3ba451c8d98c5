/** The server `powershell` up to PowerShell's door, with the stand-in for powershell.exe. */
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { tempDir } from "../../support/temp-dir.ts";
import { type Check, equal, holds } from "./check.ts";
import { Family } from "./family.ts";
import { type Answer, ServerClient } from "./server-client.ts";

/** @param temporary where its script files go; the system's folder when left out */
export function openStandIn(standIn: string, temporary?: string): Promise<ServerClient> {
  const folders = temporary === undefined ? {} : { TEMP: temporary, TMP: temporary };
  return ServerClient.open("powershell", ["--powershell", standIn], folders);
}

export function standInChecks(standIn: string): readonly Check[] {
  const check = (
    name: string,
    run: (server: ServerClient, temporary: string) => Promise<void>,
    isWaiting = false,
  ): Check => ({
    name,
    isWaiting,
    run: async () => {
      using temporary = tempDir("stand-in");
      await using server = await openStandIn(standIn, temporary.path);
      await run(server, temporary.path);
    },
  });
  return [
    check(
      "the command's text arrives, short on the command line, long in a file that is gone afterwards",
      delivery,
    ),
    check("exit codes are whole and true", exitCodes),
    check("output is decoded, whatever it is in", decoding),
    check("objects become structure", objects),
    check("errors in XML become text", clixml),
    check("environment and working directory", surroundings),
    check("the end of its time ends the whole tree, and the file", timeOut, true),
    check("cancelling ends the whole tree", cancel),
    check("a PowerShell that does nothing is an error", nothing),
    {
      name: "the modules of a PowerShell 7 above it are none of Windows PowerShell's",
      run: () => modules(standIn),
    },
    { name: "a PowerShell that is not there is an error, and says what to install", run: missing },
    { name: "Wine's own powershell.exe, which does nothing and says 0, is an error", run: wineStub },
  ];
}

function order(what: Readonly<Record<string, unknown>>): string {
  return `#!${JSON.stringify(what)}`;
}

function base64(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString("base64");
}

function out(answer: Answer): string {
  return String(answer.structured["stdout"] ?? answer.text);
}

export function digestLine(how: "inline" | "file", text: string): string {
  return `${how} ${text.length} ${new Bun.CryptoHasher("sha256").update(text).digest("hex")}`;
}

async function delivery(server: ServerClient, temporary: string): Promise<void> {
  const short = "Write-Output '你好'";
  equal(out(await server.call({ command: short })), `${digestLine("inline", short)}\r\n`, "short");
  const long = `# ${"é".repeat(50_000)}`;
  equal(out(await server.call({ command: long })), `${digestLine("file", long)}\r\n`, "long");
  equal(readdirSync(temporary), [], "files that are left");
}

async function exitCodes(server: ServerClient): Promise<void> {
  for (const exitCode of [0, 1, 5, 127, 255]) {
    const answer = await server.call({ command: order({ exitCode }) });
    equal(
      [answer.structured["exitCode"], answer.isError],
      [exitCode, exitCode !== 0],
      `exit code ${exitCode}`,
    );
  }
}

async function decoding(server: ServerClient): Promise<void> {
  const written: readonly (readonly [Uint8Array | string, string])[] = [
    ["你好 é 😀\r\n", "你好 é 😀\r\n"],
    // In the system's own code page, which is 437 here.
    [new Uint8Array([0x82, 0x0d, 0x0a]), "é\r\n"],
  ];
  for (const [bytes, text] of written) {
    const answer = await server.call({ command: order({ stdout: base64(bytes), stderr: base64(bytes) }) });
    equal([out(answer), answer.structured["stderr"]], [text, text], "both streams");
  }
}

async function objects(server: ServerClient): Promise<void> {
  const rows = [{ Name: "你", Size: 5 }, "text", null];
  const command = order({ stdout: base64("by the way"), json: JSON.stringify(rows) });
  const answer = await server.call({ command, objects: true });
  equal([answer.structured["objects"], out(answer)], [rows, "by the way"], "objects and text");
  equal(answer.structured["powershell"], "5.1.0-stand-in", "version");
  const most = await server.call({ command: order({ jsonCharacters: 204_000 }), objects: true });
  equal(most.structured["objects"], ["x".repeat(204_000)], "as much as is kept");
  const long = await server.call({ command: order({ long: 5_000_000 }), objects: true });
  equal([long.isError, long.structured["objects"]], [true, undefined], "more than is kept");
}

async function clixml(server: ServerClient): Promise<void> {
  const xml = `#< CLIXML\r\n<Objs Version="1.1.0.1"><S S="Error">no &lt;such&gt; file_x000D__x000A_</S></Objs>`;
  const answer = await server.call({ command: order({ stderr: base64(xml), exitCode: 1 }) });
  equal(answer.structured["stderr"], "no <such> file\r\n");
}

async function surroundings(server: ServerClient): Promise<void> {
  const command = order({ variables: ["MCP_A", "Path"] });
  const answer = await server.call({ command, env: { mcp_a: "x 你", PATH: "C:\\p" }, cwd: tmpdir() });
  equal(out(answer), "MCP_A=x 你\r\nPath=C:\\p\r\n", "variables");
}

async function timeOut(server: ServerClient, temporary: string): Promise<void> {
  using family = new Family(2);
  const filler = "x".repeat(40_000);
  const command = order({ filler, sleepMs: 60_000, start: family.argv });
  const call = server.call({ command, timeoutMs: 25_000 });
  await family.whole(24_000);
  equal((await call).structured["timedOut"], true, "timed out");
  await family.gone();
  equal(readdirSync(temporary), [], "files that are left");
}

async function cancel(server: ServerClient): Promise<void> {
  using family = new Family(1);
  const stop = new AbortController();
  const call = server.call(
    { command: order({ sleepMs: 60_000, start: family.argv }) },
    { signal: stop.signal, timeout: 60_000 },
  );
  await family.whole();
  stop.abort();
  await call.catch(() => undefined);
  await family.gone();
}

async function nothing(server: ServerClient): Promise<void> {
  const answer = await server.call({ command: order({ silent: true, stderr: base64("it is blocked") }) });
  holds(answer.isError && answer.text.includes("before it began"), answer.text);
  holds(answer.text.includes("it is blocked"), "what it said is told");
}

async function modules(standIn: string): Promise<void> {
  const env = { PSModulePath: "C:\\Program Files\\PowerShell\\7\\Modules" };
  await using server = await ServerClient.open("powershell", ["--powershell", standIn], env);
  const command = order({ variables: ["PSModulePath"] });
  equal(out(await server.call({ command })), "PSModulePath=\r\n", "inherited");
  equal(out(await server.call({ command, env: { psmodulepath: "C:\\m" } })), "PSModulePath=C:\\m\r\n", "set");
}

async function missing(): Promise<void> {
  await using server = await ServerClient.open("powershell", ["--powershell", "core"]);
  const answer = await server.call({ command: "1" });
  holds(answer.isError && answer.text.includes("winget install Microsoft.PowerShell"), answer.text);
}

async function wineStub(): Promise<void> {
  await using server = await ServerClient.open("powershell");
  const answer = await server.call({ command: "1 + 1" });
  holds(answer.isError && answer.text.includes("ended with exit code 0 before it began"), answer.text);
}
