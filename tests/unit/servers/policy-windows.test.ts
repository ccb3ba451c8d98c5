/** What the lists of allowed and denied commands see in lines of cmd.exe and in scripts of PowerShell. */
import { describe, expect, test } from "bun:test";
import { commandRefusal, type Dialect, openPolicy } from "../../../servers/shell-core/src/index.ts";
import { readCmdCommands } from "../../../servers/shell-core/src/policy/cmd-commands.ts";
import { commandRule } from "../../../servers/shell-core/src/policy/command-rules.ts";
import { readPowerShellCommands } from "../../../servers/shell-core/src/policy/powershell-commands.ts";

function denied(dialect: Dialect, text: string, set: readonly string[] = []): string {
  const deny = ["del", "Remove-Item"].map(commandRule);
  return commandRefusal({ ...openPolicy, deny }, { text, dialect }, set) ?? "";
}

function refused(
  dialect: Dialect,
  text: string,
  allow: readonly string[],
  set: readonly string[] = [],
): string {
  return commandRefusal({ ...openPolicy, allow: allow.map(commandRule) }, { text, dialect }, set) ?? "";
}

describe("cmd", () => {
  test.each([
    ["dir", ["dir"]],
    ["dir & cd x && a || b | c", ["dir", "cd", "a", "b", "c"]],
    ["(a & (b)) > out.txt", ["a", "b"]],
    ["if exist x a", ["a"]],
    ['if not "x"=="" a', ["a"]],
    ["if /i x EQU y (a) else b", ["a", "b"]],
    ["if defined X (a) else if errorlevel 1 b", ["a", "b"]],
    ["for %i in (a b c) do @d %i", ["d"]],
    ["for /f \"tokens=1\" %i in ('a ^| b') do c", ["a", "b", "c"]],
    ['for /f "usebackq" %i in (`a`) do b', ["a", "b"]],
    ["for /r C:\\ %i in (*.txt) do (a & b)", ["a", "b"]],
    ["@echo off\na\nb & c", ["echo", "a", "b", "c"]],
    ["echo a ^& b", ["echo"]],
    ['echo "a & b"', ["echo"]],
    ["a 2>&1 >nul 1>>x", ["a"]],
    [">nul a", ["a"]],
    ["del/q x", ["del"]],
    ["echo.", ["echo"]],
    ["cd..", ["cd"]],
  ] as const)("the commands of %j", (line, names) => {
    const { commands, unreadable } = readCmdCommands(line);
    expect(unreadable).toEqual([]);
    expect(
      commands.map(([first]) => first?.text).filter((name, at, all) => all.indexOf(name) === at),
    ).toEqual([...names]);
  });

  test.each([
    "del x",
    "DEL x",
    "erase x",
    "dir & del x",
    "dir&del x",
    "dir | del x",
    "d^el x",
    "d^e^l x",
    'd"e"l x',
    '"del" x',
    "@del x",
    "@@del x",
    "del/q x",
    "del\\x",
    "del.x",
    "del:x",
    "=del x",
    ",;del x",
    "\vdel x",
    "\u00a0del x",
    "if exist x del x",
    'if "a"=="a" del x',
    "if a==b del x",
    "if a EQU a del x",
    "if not errorlevel 1 del x",
    "if 1==2 (echo) else del x",
    "if 1==2 (echo) else @del x",
    "if exist x if exist y del x",
    "for %i in (*) do del %i",
    "for %i in (*) do @del %i",
    "for %i in (a\nb) do del x",
    "for /f %i in ('del x') do echo %i",
    "for /f %i in ('dir ^& del x') do echo %i",
    'for /f "usebackq" %i in (`del x`) do echo',
    "for %i in (del) do %i x",
    "cmd /c del x",
    "cmd /cdel x",
    'cmd /s/c"del x"',
    "cmd/c del x",
    "cmd.exe /q /k del x",
    'cmd /c "dir & del x"',
    'cmd /c "cmd /c ""del x"""',
    "call del x",
    "call call del x",
    'start "" /b del x',
    ">nul del x",
    "2>nul del x",
    ">&2 del x",
    "<nul del x",
    "C:\\bin\\del.exe x",
    "bin/del.exe x",
    "(dir & (del x))",
    "echo ^& del x | more",
    // Quotes end with their line.
    'echo "\ndel x\necho "',
    // What a caret at a line's end joins is not the same everywhere.
    "rem ^\ndel x",
    "d^\nel x",
    "echo \u001adel x\n",
    // What the line becomes is known only when it runs.
    "%X% y",
    "echo %X%",
    "echo %X:~0,5%",
    "echo ^%X^%",
    "call echo %a b%",
    "echo x | echo %a b%",
    "set a=d\nset b=el\n%a%%b% x",
    "d%el x\n:",
    "d%1el x\n:",
    "!X! y",
    "call %%i x\n:",
    "start %i",
    "powershell -Command del x",
    'powershell "del x"',
    "powershell -enc AAAA",
  ])("a denied command is found in %j", (line) => {
    expect(denied("cmd", line)).not.toBe("");
  });

  test("a variable that the call sets can't bring commands into the line, whatever its name", () => {
    expect(denied("cmd", "echo %i in (a) do echo %", ["i in (a) do echo "])).not.toBe("");
    expect(refused("cmd", "echo %A%", ["echo"], ["A"])).not.toBe("");
    expect(refused("cmd", "echo %a b%", ["echo"], ["A B"])).not.toBe("");
  });

  test.each([
    "dir",
    "echo del",
    "echo x>del",
    "findstr del x",
    "echo 100%",
    "echo Hello!",
    "for %i in (*.txt) do echo %i",
    'if exist "del" echo del',
    "echo 50%%\necho done",
    "for %%i in (a b) do echo %%i\necho x",
    'echo "del & del"',
    "echo a^&del",
    'cmd /c "echo del"',
  ])("%j holds no denied command", (line) => {
    expect(denied("cmd", line)).toBe("");
  });

  test.each([
    ["echo x & dir", ""],
    ["for %i in (a b) do @echo %i", ""],
    ["if exist x (echo y) else dir", ""],
    ["echo x & type y", "`type`"],
    ["echo\\..\\..\\evil.exe", "evil.exe"],
    ["dir/../evil", "/../evil"],
    ["cmd /c echo x", "`cmd`"],
  ] as const)("only echo and dir are allowed: %j", (line, why) => {
    const said = refused("cmd", line, ["echo", "dir"]);
    expect(why === "" ? said : said.includes(why)).toBe(why === "" ? "" : true);
  });
});

describe("PowerShell", () => {
  test.each([
    ["Get-Item x | Sort-Object; pwd", ["Get-Item", "Sort-Object", "pwd"]],
    ["if (a) { b } elseif (c) { d } else { e }", ["a", "b", "c", "d", "e"]],
    ["foreach ($i in a b) { c }", ["a", "c"]],
    ["$x = a b; $y=c; $z += d", ["a", "c", "d"]],
    ["@{ k = a; l=b }", ["@", "a", "l=b", "b"]],
    ["return a", ["a"]],
    ["function f { a }; f", ["a", "f"]],
    ["try { a } catch [X] { b } finally { c }", ["a", "catch", "b", "c"]],
    ["a `\n  b\nc", ["a", "c"]],
    ["a # b\n<# c\n#> d", ["a", "d"]],
    ["a 2>&1 *> x", ["a"]],
    ["a && b || c", ["a", "b", "c"]],
    ["'it''s' + ‘a'", ["'it's"]],
    ["exit 5", []],
  ] as const)("the commands of %j", (script, names) => {
    const { commands, unreadable } = readPowerShellCommands(script);
    expect(unreadable).toEqual([]);
    expect(commands.map(([first]) => first?.text)).toEqual([...names]);
  });

  test.each([
    "Remove-Item x",
    "remove-item x",
    "rm x",
    "RI x",
    "del x",
    "erase x",
    "rmdir x",
    "Microsoft.PowerShell.Management\\Remove-Item x",
    "ls | Remove-Item",
    "ls | % { rm $_ }",
    "ls | rm",
    "$x = Remove-Item y",
    "$x=Remove-Item y",
    "$a, $b = rm y",
    "@{ a = rm x }",
    "@{ a=rm x }",
    "return rm x",
    "foreach ($i in rm x) { }",
    "& Remove-Item x",
    "& 'Remove-Item' x",
    "& “Remove-Item” x",
    ". 'Remove-Item' x",
    ".'Remove-Item' x",
    "&Remove-Item x",
    "Remove`-Item x",
    "R`emove-It`em x",
    "if ($true) { rm x }",
    "iex 'rm x'",
    'Invoke-Expression "rm x"',
    "iex $x",
    "iex ('r' + 'm x')",
    "'rm x' | iex",
    "powershell -Command rm x",
    'powershell "rm x"',
    "powershell –Command rm x",
    "powershell /c rm x",
    "powershell -NoProfile -ExecutionPolicy Bypass 'rm x'",
    "powershell -EncodedCommand AAAA",
    "pwsh -e AAAA",
    "cmd /c del x; cmd /c 'rm x'",
    "& $x",
    '& "$x"',
    "& ('Remove' + '-Item') x",
    ". ('Remove' + '-Item') x",
    "&('Remove-Item') x",
    "Set-Alias foo Remove-Item; foo x",
    "sal foo rm",
    "Start-Process rm x",
    "Start-Process $x",
    'ls "$(rm x)"',
    '"a`"; $(rm x)"',
    "& r`u{6d} x",
    // A backtick keeps a quote from ending the string.
    'echo "x`""; rm y; echo "`"z"',
    // All kinds of quotes are one.
    "echo ‘a'; rm x; 'b‘",
    "echo 'a’; rm x; ‘b'",
    'echo „a“; rm x; "b„',
    "@'\nit's\n'@; rm x; 'y'",
    '@"\n"\n"@; rm x; "y"',
    '@"\n$(rm x)\n"@',
    "echo '",
    "<# rm x",
    "echo a\u2028; rm x",
    "\u00a0rm x",
    "a && rm x",
    "a || rm x",
    "a & rm x",
    "try { a } catch { rm x }",
  ])("a denied command is found in %j", (script) => {
    expect(denied("powershell", script)).not.toBe("");
  });

  test.each([
    "Get-ChildItem",
    "$x = 5",
    "$x = Get-Item y; $x.Name",
    "Write-Output 'rm x' # rm y",
    "1 + 1",
    "@'\nrm x\n'@ | Out-File y",
    "'it''s; rm x'",
    '"a; rm x"',
    "Get-Item rm",
    '"hello $name"',
    "<# rm x #> ls",
    "foreach ($i in 1..3) { $i }",
    "ls | Where-Object Name -like 'x*'",
    "ls | % { $_.Name }",
    "$h = @{ a = 1; b = 'rm' }",
  ])("%j holds no denied command", (script) => {
    expect(denied("powershell", script)).toBe("");
  });

  test("an expression is no allowed command", () => {
    const few = ["Get-*"];
    expect(refused("powershell", "Get-Item x | Get-Member", few)).toBe("");
    expect(refused("powershell", "gi x; if (gci) { exit 3 }", few)).toBe("");
    expect(refused("powershell", "[IO.File]::Delete('x')", few)).toContain("expression");
    expect(refused("powershell", "$x.Delete()", few)).not.toBe("");
    expect(refused("powershell", "Get-Item (rm x)", few)).not.toBe("");
    expect(refused("powershell", "$env:PATH = 'C:\\evil'; Get-Item x", few)).not.toBe("");
  });
});

test("no length and no nesting of the text takes long, or more than it may", () => {
  const startedAtMs = performance.now();
  for (const dialect of ["cmd", "powershell"] as const)
    for (const piece of [
      "a&",
      "(",
      "((a)",
      '"',
      "'",
      "^",
      "`",
      "%",
      "a b ",
      "$(",
      "@'\n",
      "{",
      "for /f %i in ('",
    ])
      denied(dialect, piece.repeat(Math.floor(120_000 / piece.length)));
  expect(performance.now() - startedAtMs).toBeLessThan(10_000);
});
