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

test.each([
  [node, 2, ["Error: Cannot find module '/srv/nothing.js'", "  code: 'MODULE_NOT_FOUND',"]],
  [python, 2, ["ModuleNotFoundError: No module named 'nothing'"]],
  [npm, 2, npm.split("\n").slice(0, 2)],
  ["starting\n[ERROR] KEY is not set\nbye", 1, ["[ERROR] KEY is not set"]],
  ["thread 'main' panicked at src/main.rs:1:\nboom", 1, ["thread 'main' panicked at src/main.rs:1:"]],
  ["0 errors so far\none\n\ntwo\n", 2, ["one", "two"]],
  ["", 2, []],
])("of what a program said before it ended, the lines that say why are shown: %j", (text, max, expected) => {
  expect(tellingLines(text.split("\n"), max)).toEqual(expected);
});
