/** What the server `powershell` must do with a real PowerShell; skipped where there is none. */
import { type Check, equal, holds, Skipped } from "./check.ts";
import { Family } from "./family.ts";
import { type Answer, ServerClient } from "./server-client.ts";

type Call = (given: Readonly<Record<string, unknown>>) => Promise<Answer>;

/** @returns why there is none, or undefined */
export async function powerShellMissing(choice: string): Promise<string | undefined> {
  await using server = await ServerClient.open("powershell", ["--powershell", choice]);
  const answer = await server.call({ command: "1 + 1" });
  const [why = ""] = answer.text.split("\n").filter((line) => line !== "The command was not run.");
  return answer.isError ? why : undefined;
}

export async function powerShellChecks(choice: string): Promise<readonly Check[]> {
  const missing = await powerShellMissing(choice);
  if (missing !== undefined) return [{ name: "everything", run: () => Promise.reject(new Skipped(missing)) }];
  const check = (name: string, run: (call: Call) => Promise<unknown>): Check => ({
    name,
    run: async () => {
      await using server = await ServerClient.open("powershell", ["--powershell", choice]);
      return await run((given) => server.call(given));
    },
  });
  return [
    check("it runs, and says its version", async (call) => {
      const answer = await call({ command: "$PSVersionTable.PSEdition; 1 + 1" });
      holds(out(answer).endsWith("2"), out(answer));
      return `PowerShell ${String(answer.structured["powershell"])}`;
    }),
    check("UTF-8 comes back as it is", async (call) => {
      equal(out(await call({ command: "'你好 é 😀'" })), "你好 é 😀");
      equal(
        out(await call({ command: "'‘’‚‛ “”„'.Length" })).length > 0,
        true,
        "curly quotes are no syntax error",
      );
    }),
    check("exit codes", exitCodes),
    check("errors are text, and no XML", async (call) => {
      const answer = await call({ command: "Write-Error 'bad thing'; Write-Progress -Activity p; 'after'" });
      holds(String(answer.structured["stderr"]).includes("bad thing"), "the error is on stderr");
      holds(!String(answer.structured["stderr"]).includes("CLIXML"), "it is no XML");
      equal(out(answer), "after", "a non-terminating error does not end the script");
    }),
    check("formatted output is whole in spite of a failing end", async (call) => {
      const answer = await call({ command: "[pscustomobject]@{ Name = 'n1'; Value = 5 }; cmd /c exit 7" });
      holds(out(answer).includes("n1"), out(answer));
    }),
    check("scripts of every shape", shapes),
    check("objects as JSON", objects),
    check("a long script", async (call) => {
      const answer = await call({ command: `# ${"x".repeat(60_000)}\n'你好'` });
      equal(out(answer), "你好");
    }),
    check("the end of its time ends the whole tree", async (call) => {
      using family = new Family(1);
      const command = `& ${family.argv.map((argument) => `'${argument.replaceAll("'", "''")}'`).join(" ")}`;
      const answer = await call({ command, timeoutMs: 10_000 });
      equal(answer.structured["timedOut"], true, "timed out");
      holds(family.members.length > 0, "the family was started");
      await family.gone();
    }),
  ];
}

function out(answer: Answer): string {
  return String(answer.structured["stdout"] ?? answer.text)
    .replaceAll("\r\n", "\n")
    .trim();
}

async function exitCodes(call: Call): Promise<string> {
  const expected: readonly (readonly [command: string, exitCode: number])[] = [
    ["'fine'", 0],
    ["exit 5", 5],
    ["throw 'no'", 1],
    ["Get-Item ./no-such-file", 1],
    ["Get-Item ./no-such-file; 'after'", 0],
    ["if (", 1],
    ["cmd /c exit 7", 7],
    ["cmd /c exit 7; 'after'", 0],
    ["cmd /c exit 300", 300],
    ["1 / 0", 1],
    ["Set-StrictMode -Version Latest; 'fine'", 0],
    ["return; throw 'never'", 0],
  ];
  const rows = expected.filter(([command]) => process.platform === "win32" || !command.includes("cmd"));
  for (const [command, exitCode] of rows)
    equal((await call({ command })).structured["exitCode"], exitCode, command);
  return `${rows.length} scripts`;
}

async function shapes(call: Call): Promise<string> {
  const expected: readonly (readonly [command: string, output: string])[] = [
    ["param($a = 'x')\n$a", "x"],
    ["begin { 'b' } process { } end { 'e' }", "b\ne"],
    ["# only a comment", ""],
    ["'a' `\n", "a"],
    ["@'\nhere 'it' is\n'@", "here 'it' is"],
    ["using namespace System.Text\n[Encoding]::UTF8.WebName", "utf-8"],
    ['function f { param($x) "<$x>" }\nf 3', "<3>"],
    ['"$env:MCP_TEST"', "v 你"],
  ];
  for (const [command, output] of expected)
    equal(out(await call({ command, env: { MCP_TEST: "v 你" } })), output, command);
  return `${expected.length} scripts`;
}

async function objects(call: Call): Promise<void> {
  const command =
    "[pscustomobject]@{ Name = '你😀'; List = 1, 2; Deep = @{ A = @{ B = @{ C = 1 } } } }; 'text'";
  const answer = await call({ command, objects: true, depth: 3 });
  equal(
    answer.structured["objects"],
    [{ Name: "你😀", List: [1, 2], Deep: { A: { B: { C: 1 } } } }, "text"],
    "objects",
  );
  equal((await call({ command: "$null", objects: true })).structured["objects"], [null], "null");
  equal((await call({ command: "", objects: true })).isError, true, "an empty script is refused");
  const none = await call({ command: "if ($false) { 1 }", objects: true });
  equal(none.structured["objects"], [], "no output");
  const long = await call({ command: "'x' * 1000000", objects: true });
  holds(long.isError && long.text !== "", "too long to be kept");
}
