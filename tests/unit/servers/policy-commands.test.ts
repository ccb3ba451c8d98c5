/** What the lists of allowed and denied commands see in a bash command line. */
import { describe, expect, test } from "bun:test";
import { commandRefusal, openPolicy, type ShellPolicy } from "../../../servers/shell-core/src/index.ts";
import { readBashCommands } from "../../../servers/shell-core/src/policy/bash-commands.ts";
import { commandRule, matchesStars } from "../../../servers/shell-core/src/policy/command-rules.ts";

function policy(allow: readonly string[], deny: readonly string[]): ShellPolicy {
  return { ...openPolicy, allow: allow.map(commandRule), deny: deny.map(commandRule) };
}

function refusal(given: ShellPolicy, text: string, set: readonly string[] = []): string {
  return commandRefusal(given, { text, dialect: "bash" }, set) ?? "";
}

function names(text: string): string[] {
  const read = readBashCommands(text);
  if (read.unreadable.length > 0) return [`unreadable: ${read.unreadable.join()}`];
  return read.commands.map(([first]) => (first?.isKnown === true ? first.text : "?"));
}

describe("commands in a line", () => {
  const lines: readonly (readonly [string, readonly string[]])[] = [
    ["ls", ["ls"]],
    ["ls -l; pwd && id || true & wait", ["ls", "pwd", "id", "true", "wait"]],
    ["a | b |& c", ["a", "b", "c"]],
    ["( a; b ) ; { c; }", ["a", "b", "c"]],
    ["if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]],
    ["while a; do b; done; until c; do d; done", ["a", "b", "c", "d"]],
    ["for x in a b c; do d; done", ["d"]],
    ["for ((i=0;i<$(a);i++)); do b; done", ["a", "b"]],
    ["for x in $(a); do b; done", ["a", "b"]],
    ["select x in a b; do c; done", ["c"]],
    ["case x in a|b) c;; (d) e;; *) f; esac; g", ["c", "e", "f", "g"]],
    ["case $(a) in $(b)) c ;& d) e ;;& esac\nf", ["a", "b", "c", "e", "f"]],
    ["f() { a; }; function g { b; }; function h() ( c )", ["a", "b", "c"]],
    ["! a; time b; time -p c", ["a", "b", "c"]],
    ["[[ $(a) == b && -f c ]] && d", ["a", "d"]],
    ["[ -f x ] && y", ["[", "y"]],
    ["((x = $(a) + 1)); b", ["a", "b"]],
    ["echo $((1 + $(a)))", ["a", "echo"]],
    ["x=1 y=$(a) b; z=2", ["a", "b"]],
    ["x=(1 $(a) 2); b", ["a", "b"]],
    ["x[$(a)]=1", ["a"]],
    ["x+=y z", ["z"]],
    ['echo "$(a "$(b)")" `c \\`d\\``', ["b", "a", "d", "c", "echo"]],
    ["echo ${x:-$(a)} ${y#`b`}", ["a", "b", "echo"]],
    ["a <(b) >(c)", ["b", "c", "a"]],
    ["a >file 2>&1 <in; >out b; 2>err c &>all d", ["a", "b", "c"]],
    ["{fd}>x a", ["a"]],
    ["a <<E\n$(b) c `d`\nE\ne", ["a", "b", "d", "e"].sort()],
    ["a <<'E'\n$(b)\nE\nc", ["a", "c"]],
    ["a <<-E\n\tb\n\tE\nc", ["a", "c"]],
    ["a <<<$(b)", ["b", "a"]],
    ["a # b; c\nd", ["a", "d"]],
    ["a#b", ["a#b"]],
    ["r''m -rf x", ["rm"]],
    ["\\rm x; 'rm' y; \"rm\" z; r\\\nm", ["rm", "rm", "rm", "rm"]],
    ["$'r\\x6d' x; $'\\162m' y", ["rm", "rm"]],
    ["$x y; ${x} y; $(x) y; r* y; {a,b} y", ["?", "?", "x", "?", "?", "?"]],
    ["/bin/rm x; ./rm y; ~/rm z", ["/bin/rm", "./rm", "~/rm"]],
    ["echo {}; find . -exec rm {} \\;", ["echo", "find"]],
    ["coproc a; coproc { b; }; coproc C { d; }", ["a", "b", "d"]],
    ["", []],
    ["# nothing", []],
    ["echo $'it\\'s' x", ["echo"]],
    ["a\\\n b", ["a"]],
    ["a & b", ["a", "b"]],
  ];
  test.each(lines)("%j", (line, expected) => {
    expect(names(line).sort()).toEqual([...expected].sort());
  });

  test.each([
    "echo 'x",
    'echo "x',
    "echo `x",
    "echo $(x",
    "(a",
    "a)",
    "case x in a",
    "[[ a",
    "echo ${x",
    "x=(a",
    "${ rm x; }",
    "a (b",
    `${"$(".repeat(40)}a${")".repeat(40)}`,
  ])("that can't be read are said to be so: %j", (line) => {
    expect(names(line)[0]).toStartWith("unreadable");
  });

  test("are read in time that grows with the line, not faster", () => {
    const startedAtMs = performance.now();
    for (const line of [
      "$((",
      "(",
      "`",
      "'",
      '"',
      "${",
      "a;",
      "<<E\n",
      "x=(",
      "[[ ",
      "case x in ",
      "{a,",
      "\\",
    ])
      readBashCommands(line.repeat(20_000 / line.length));
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  });
});

describe("a denied command", () => {
  const noRm = policy([], ["rm", "git push", "dd if=*"]);
  test.each([
    "rm x",
    "ls; rm x",
    "echo $(rm x)",
    'echo "`rm x`"',
    "/bin/rm x",
    "r''m x",
    "\\rm x",
    "$'\\x72m' x",
    "sudo -u root rm x",
    "env A=1 rm x",
    "find . -exec rm {} \\;",
    "echo x | xargs -0 rm",
    "command rm x",
    "exec rm x",
    "nohup timeout 5 rm x",
    "eval rm x",
    "eval 'r''m x'",
    "bash -c 'rm x'",
    "sh -ec 'ls; rm x'",
    "sudo bash -c 'rm x'",
    "trap 'rm x' EXIT",
    "busybox rm x",
    "f() { rm x; }",
    "cat <<E\n$(rm x)\nE",
    "x=$(rm y)",
    "if true; then rm x; fi",
    "git push",
    "git -C /x push origin",
    "git $x",
    "dd of=/x if=/dev/zero",
    "! rm x",
    "<(rm x) y",
    "coproc rm x",
  ])("is found: %j", (line) => {
    expect(refusal(noRm, line)).toContain("denies");
  });

  test.each(["$x y", "$(which rm) y", "r* y", "${x} y", "eval $x", 'bash -c "$x"', "bash -c $x"])(
    "may hide in what can't be told, which is refused too: %j",
    (line) => {
      expect(refusal(noRm, line)).not.toBe("");
    },
  );

  test.each([
    "ls",
    "echo rm",
    "rmdir x",
    "grep rm x",
    "git pull",
    "dd if2=x",
    "cat rm",
    "x=rm",
    "[[ rm == rm ]]",
    "bash -n x",
  ])("is not seen where it is none: %j", (line) => {
    expect(refusal(noRm, line)).toBe("");
  });
});

describe("a list of allowed commands", () => {
  const few = policy(["ls", "git log", "cat", "echo", "cd"], []);
  test.each([
    "ls -l /",
    "git log --oneline | cat",
    "cd x && ls",
    'echo $(ls) "`cat x`"',
    "X=1 ls",
    "/usr/bin/ls",
  ])("lets %j run", (line) => {
    expect(refusal(few, line)).toBe("");
  });

  test.each([
    "rm x",
    "ls; rm x",
    "git",
    "git push",
    "git -c x=y log",
    "echo $(rm x)",
    "$x",
    "ls() { rm x; }; ls",
    "eval ls",
    "bash -c ls",
    "export A=1",
    "PATH=/tmp ls",
    "LD_PRELOAD=/x ls",
    "PATH=/tmp; ls",
    "cat <(rm x)",
    "l*",
    "exec ls",
    ". x",
    "echo 'x",
  ])("does not let %j run", (line) => {
    expect(refusal(few, line)).not.toBe("");
  });

  test("takes a variable of the call for what it is", () => {
    expect(refusal(few, "ls", ["PATH"])).toContain("PATH may not be set");
    expect(refusal(few, "ls", ["LD_LIBRARY_PATH"])).toContain("LD_LIBRARY_PATH");
    expect(refusal(few, "ls", ["MY_OWN"])).toBe("");
  });

  test("lets nothing run when there is nothing to look at", () => {
    expect(commandRefusal(few, undefined)).toContain("runs nothing");
    expect(commandRefusal(openPolicy, undefined)).toBeUndefined();
  });

  test("by its full path is only that path", () => {
    const one = policy(["/usr/bin/ls"], []);
    expect(refusal(one, "/usr/bin/ls")).toBe("");
    expect(refusal(one, "ls")).not.toBe("");
    expect(refusal(one, "/tmp/ls")).not.toBe("");
  });
});

test("stars match any characters, in time that does not explode", () => {
  expect(matchesStars("a*c", "abbc")).toBe(true);
  expect(matchesStars("*", "")).toBe(true);
  expect(matchesStars("a*", "ba")).toBe(false);
  expect(matchesStars("*a*b", "xaxxb")).toBe(true);
  expect(matchesStars("a.c", "abc")).toBe(false);
  const startedAtMs = performance.now();
  expect(matchesStars("*a".repeat(200), "a".repeat(199))).toBe(false);
  expect(matchesStars("*a*a*a*a*b", "a".repeat(5_000))).toBe(false);
  expect(performance.now() - startedAtMs).toBeLessThan(1_000);
});
