import { expect, test } from "bun:test";
import { tellingLines } from "@mcp-gateway/contract";

const node = `node:internal/modules/cjs/loader:1210
  throw err;
  ^

Error: Cannot find module '/srv/nothing.js'
    at Module._resolveFilename (node:internal/modules/cjs/loader:1207:15)
    at node:internal/main/run_main_module:28:49 {
  code: 'MODULE_NOT_FOUND',
  requireStack: []
}

Node.js v20.20.2`;
const python = `Traceback (most recent call last):
  File "/srv/main.py", line 1, in <module>
    import nothing
ModuleNotFoundError: No module named 'nothing'`;
const npm = `npm error code E404
npm error 404 Not Found - GET https://registry.example/nothing - Not found
npm error 404
npm error A complete log of this run can be found in: /home/me/.npm/_logs/debug-0.log`;

const java = `Exception in thread "main" java.lang.IllegalStateException: no port
\tat Main.main(Main.java:3)`;
const dotNet = `Unhandled exception. System.InvalidOperationException: no port
   at Program.Main() in /srv/Program.cs:line 3`;

test.each([
  [node, 2, ["Error: Cannot find module '/srv/nothing.js'", "  code: 'MODULE_NOT_FOUND',"]],
  [python, 2, ["ModuleNotFoundError: No module named 'nothing'"]],
  [npm, 2, npm.split("\n").slice(0, 2)],
  ["starting\n[ERROR] KEY is not set\nbye", 1, ["[ERROR] KEY is not set"]],
  ["thread 'main' panicked at src/main.rs:1:\nboom", 1, ["thread 'main' panicked at src/main.rs:1:"]],
  [java, 2, java.split("\n").slice(0, 1)],
  [dotNet, 2, dotNet.split("\n").slice(0, 1)],
  ["running\n*** ValueError: no port\nbye", 1, ["*** ValueError: no port"]],
  ["running\n*** KeyboardError\nbye", 1, ["*** KeyboardError"]],
  ["npm ERR! code E404\nbye", 1, ["npm ERR! code E404"]],
  // What only stands in a stack trace says nothing, whatever its file is called.
  ["boot\n    at read (/srv/error/a.js:1:2)\nlast", 1, ["last"]],
  ["boot\nat read (/srv/error/a.js:1:2) {\nlast", 1, ["last"]],
  ["boot\n    at org.error.Main(Main:3)\nlast", 1, ["last"]],
  ['boot\n  File "/srv/error/v:1/main.py", line 1\nlast', 2, ["boot", "last"]],
  ["Error: no\nat read (/srv/a.js:1:2)\nat read (/srv/a.js:1:2) {\n  code: 1", 2, ["Error: no", "  code: 1"]],
  ["0 errors so far\none\n\ntwo\n", 2, ["one", "two"]],
  ["", 2, []],
])("of what a program said before it ended, the lines that say why are shown: %j", (text, max, expected) => {
  expect(tellingLines(text.split("\n"), max)).toEqual(expected);
});
