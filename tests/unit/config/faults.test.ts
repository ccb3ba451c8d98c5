/** Every kind of fault, at its exact line and column, with advice. `▸` marks the expected place. */
import { describe, expect, test } from "bun:test";
import { type Around, loadText, marked } from "./config-file.ts";

type Case = readonly [title: string, text: string, messages: readonly (string | RegExp)[], around?: Around];

const syntax: readonly Case[] = [
  ["an empty file", "▸", [/^is empty/]],
  [
    "a missing comma",
    `{\n  "a": { "command": "x" }▸ // why\n  "b": { "command": "y" }\n}`,
    [/a comma is missing here, before a string/],
  ],
  ["a missing colon", `{ "a"▸ {} }`, [/a colon is missing here/]],
  ["a missing brace", `{ "a": { "command": "x" }▸`, [/a closing } is missing; found the end of the file/]],
  ["a missing bracket", `{ "a": { "command": "x", "args": ["y"▸`, [/a closing \] is missing/]],
  ["single quotes", `{ "a": ▸'x' }`, [/a word in single quotes is neither a string in double quotes/]],
  ["a word without quotes", `{ "a": ▸True }`, [/"True" is neither/]],
  [
    "a lost quote, without repeating what may be a secret",
    `{ "a": { "command": "x", "env": { "T": ▸sk-123456789 } } }`,
    [/what stands here is neither/],
  ],
  [
    "a backslash",
    `{ "a": { "command": ▸"C:\\Users" } }`,
    [/a backslash in this string.*Write \\\\ for each/],
  ],
  ["a string over a line end", `{ "a": { "command": ▸"x\n} }`, [/no closing quote on its line/]],
  ["an open comment", "{} ▸/* x", [/no closing \*\//]],
  ["something behind the end", "{}\n▸}", [/nothing may follow the end/]],
  ["a number that is none", `{ "a": ▸1. }`, [/"1\." is no number/]],
  [
    "a merge conflict, once",
    `{\n▸<<<<<<< HEAD\n  "a": {}\n=======\n  "b": {}\n>>>>>>> x\n}`,
    [/merge conflict/],
  ],
  ["two faults on two lines", `{\n  "a": ▸True,\n  "b": ▸None\n}`, [/"True"/, /"None"/]],
];

const shape: readonly Case[] = [
  ["a list at the top", "▸[]", [/^must be an object at the top; found a list/]],
  [
    "a key twice, naming both places",
    `{\n  "a": { "command": "x" },\n  ▸"a": { "command": "y" }\n}`,
    ["a: is set twice: also at line 2, column 3. Keep one of them."],
  ],
  [
    "two servers that show their own names",
    `{ "a": { "command": "x", "names": "own" }, "b": { "command": "y", "names": ▸"own" } }`,
    [
      'b.names: is "own" for a too, at line 1, column 35. Their tools could have the same names: keep it for one of them.',
    ],
  ],
  [
    "a key twice within an entry",
    `{ "a": { "command": "x", ▸"command": "y" } }`,
    [/^a\.command: is set twice: also at line 1, column 10/],
  ],
  [
    "a key twice, once as an escape",
    `{ "a": { "command": "x", "env": { "A": "1", ▸"\\u0041": "2" } } }`,
    [/^a\.env\.A: is set twice/],
  ],
  [
    "an unknown key at the top",
    `{ "mcpServers": {}, ▸"gatway": {} }`,
    ['gatway: is not a known key. Did you mean "gateway"?'],
  ],
  [
    "a server outside of mcpServers",
    `{ "mcpServers": {}, ▸"b": { "command": "x" } }`,
    ['b: is not a known key. A server belongs into "mcpServers".'],
  ],
  [
    "a mistyped mcpServers",
    `{ ▸"mcp_servers": { "a": { "command": "x" } } }`,
    ['mcp_servers: looks like a list of servers. Did you mean "mcpServers"?'],
  ],
  [
    "another program's list of servers",
    `{ ▸"context_servers": { "a": { "url": "http://x" } } }`,
    [/^context_servers: looks like a list of servers/],
  ],
  ["two lists of servers", `{ "mcpServers": {}, ▸"servers": {} }`, [/^servers: is a second list/]],
  [
    "a list for mcpServers",
    `{ "mcpServers": ▸[] }`,
    [/^mcpServers: must be an object of servers; found a list/],
  ],
  [
    "a server that is a word",
    `{ "mcpServers": { "a": ▸"npx" } }`,
    ['mcpServers.a: must be an object; found a string. Write { "command": … } or { "url": … }.'],
  ],
  [
    "a $schema that is no string",
    `{ "$schema": ▸1, "mcpServers": {} }`,
    ["$schema: must be a string; found 1."],
  ],
  ["too much depth", `{ "a": ${"[".repeat(63)}▸[${"]".repeat(64)} }`, [/^is nested deeper than 64 levels/]],
];

const names: readonly Case[] = [
  ["no name", `{ ▸"": { "command": "x" } }`, [/^\[""\]: has an empty name/]],
  ["a name of spaces", `{ ▸"  ": { "command": "x" } }`, [/has an empty name/]],
  ["a space at the end", `{ ▸"a ": { "command": "x" } }`, [/has a space at an end/]],
  ["a slash", `{ ▸"a/b": { "command": "x" } }`, [/^\["a\/b"\]: has a slash/]],
  ["a path", `{ ▸"..": { "command": "x" } }`, [/has a name of dots only/]],
  ["a control character", `{ ▸"a\\u0000b": { "command": "x" } }`, [/has an invisible character/]],
  ["a mark that turns text round", `{ ▸"a\\u202eb": { "command": "x" } }`, [/has an invisible character/]],
  ["65 characters", `{ ▸"${"a".repeat(65)}": { "command": "x" } }`, [/longer than 64/]],
  [
    "two that look the same",
    `{ "caf\\u00e9": { "command": "x" }, ▸"cafe\\u0301": { "command": "x" } }`,
    [/looks the same as/],
  ],
];

const values: readonly Case[] = [
  [
    "a number among arguments",
    `{ "mcpServers": { "playwright": { "command": "x", "args": ["-y", ▸3] } } }`,
    ['mcpServers.playwright.args[1]: must be a string; found 3. Write "3".'],
  ],
  [
    "two arguments, each at its place",
    `{ "a": { "command": "x", "args": [▸true, "y", ▸3] } }`,
    [/^a\.args\[0\]/, /^a\.args\[2\]/],
  ],
  [
    "arguments in one string",
    `{ "a": { "command": "x", "args": ▸"-y z" } }`,
    [/^a\.args: must be a list of strings; found a string\. Write, for example, \["-y","@playwright\/mcp"\]/],
  ],
  [
    "a command in a list",
    `{ "a": { "command": ▸["npx", "x"] } }`,
    [/Write the program as "command" and the rest as "args"/],
  ],
  [
    "a number in env",
    `{ "a": { "command": "x", "env": { "A": ▸1, "B": ▸true } } }`,
    ['a.env.A: must be a string; found a number. Write "1".', /^a\.env\.B: .*Write "true"/],
  ],
  [
    "a long number in env, not repeated",
    `{ "a": { "command": "x", "env": { "PIN": ▸123456 } } }`,
    ["a.env.PIN: must be a string; found a number. Write it in double quotes."],
  ],
  [
    "keys with signs in env",
    `{ "a": { "command": "x", "env": { "a/b~c": ▸1 } } }`,
    [/^a\.env\["a\/b~c"\]: must be a string/],
  ],
  [
    "a key of digits in env",
    `{ "a": { "command": "x", "env": { "0": ▸1 } } }`,
    [/^a\.env\.0: must be a string/],
  ],
  [
    "a name with = in env",
    `{ "a": { "command": "x", "env": { ▸"A=B": "1" } } }`,
    [/is no name for a variable/],
  ],
  [
    "a line end in the name of a variable",
    `{ "a": { "command": "x", "env": { ▸"A\\nB": 1, ▸"C\\u2028D": 2 } } }`,
    [/is no name for a variable/, /is no name/],
  ],
  [
    "an unknown key",
    `{ "a": { "command": "x", ▸"evn": {} } }`,
    ['a.evn: is not a known key. Did you mean "env"?'],
  ],
  [
    "an unknown key unlike any other",
    `{ "a": { "command": "x", ▸"zzzzzz": 1 } }`,
    [/^a\.zzzzzz: is not a known key\. Known are type, command/],
  ],
  [
    "hostile unknown keys",
    `{ "a": { "command": "x", ▸"__proto__": {}, ▸"constructor": 1, ▸"toString": 2 } }`,
    [/^a\.__proto__/, /^a\.constructor/, /^a\.toString/],
  ],
  [
    "an unknown type",
    `{ "a": { "command": "x", "type": ▸"stdoi" } }`,
    ['a.type: must be "stdio", "sse" or "http"; found "stdoi". Did you mean "stdio"?'],
  ],
  [
    "a time in quotes",
    `{ "a": { "command": "x", "timeoutMs": ▸"5000" } }`,
    [/must be a whole number from 1 to 86400000; found a string\. Write 5000, without quotes/],
  ],
  [
    "a time out of range",
    `{ "a": { "command": "x", "timeoutMs": ▸0, "startupTimeoutMs": ▸3600001 } }`,
    [/found 0/, /from 1 to 3600000; found 3600001/],
  ],
  ["half a millisecond", `{ "a": { "command": "x", "timeoutMs": ▸1000.5 } }`, [/whole number/]],
  [
    "a truth in quotes",
    `{ "a": { "command": "x", "enabled": ▸"false" } }`,
    [/must be true or false; found a string\. Write false, without quotes/],
  ],
  [
    "a delay beyond the time-out",
    `{ "a": { "command": "x", "url": "http://x", "startupDelayMs": ▸60000 } }`,
    [/must be less than startupTimeoutMs, which is 60000/],
  ],
  [
    "an unknown platform",
    `{ "a": { "command": "x", "platforms": ["linux", ▸"wndows"] } }`,
    [/^a\.platforms\[1\]: .*Did you mean "windows"/],
  ],
  ["no platform", `{ "a": { "command": "x", "platforms": ▸[] } }`, [/must not be an empty list/]],
  ["an empty command", `{ "a": { "command": ▸"" } }`, ["a.command: must not be empty."]],
  [
    "neither command nor url",
    `{ ▸"a": {} }`,
    ['a: needs "command" (a program to start) or "url" (an address to connect to).'],
  ],
  ["sse without url", `{ ▸"a": { "type": "sse", "command": "x" } }`, [/needs "url"/]],
  ["stdio without command", `{ ▸"a": { "type": "stdio" } }`, [/needs "command"/]],
  [
    "stdio with url",
    `{ "a": { "type": "stdio", "command": "x", ▸"url": "http://x" } }`,
    [/has no place in a stdio server/],
  ],
  [
    "an address without scheme",
    `{ "a": { "url": ▸"127.0.0.1:80/mcp" }, "b": { "url": ▸"localhost:80" } }`,
    [/Write http:\/\/ or https:\/\/ before it/, /Write http:\/\/ or https/],
  ],
  [
    "an address of another kind",
    `{ "a": { "url": ▸"file:///etc/passwd" }, "b": { "url": ▸"wss://x" } }`,
    [/must be an http or https address\./, /WebSocket/],
  ],
  [
    "a password in the address, not repeated",
    `{ "a": { "url": ▸"https://u:hunter2hunter2@x/mcp" } }`,
    [/^(?!.*hunter2).*Write "headers"/],
  ],
  [
    "a header that is none",
    `{ "a": { "url": "http://x", "headers": { ▸"X Y": "1", "Z": ▸"é" } } }`,
    [/is no name for an HTTP header/, /can't carry/],
  ],
  [
    "a header twice",
    `{ "a": { "url": "http://x", "headers": { "X-A": "1", ▸"x-a": "2" } } }`,
    [/is the same header as "X-A"/],
  ],
  [
    "disabled against enabled",
    `{ "a": { "command": "x", "enabled": true, ▸"disabled": true } }`,
    [/^a\.disabled: says something else than "enabled" at line 1, column \d+/],
  ],
  ["disabled that is a word", `{ "a": { "command": "x", "disabled": ▸"yes" } }`, [/must be true or false/]],
  [
    "transport against type",
    `{ "a": { "command": "x", "type": "stdio", ▸"transport": "sse" } }`,
    [/says something else than "type"/],
  ],
  [
    "two addresses",
    `{ "a": { "url": "http://x", ▸"serverUrl": "http://y" } }`,
    [/says something else than "url"/],
  ],
];

const expansion: readonly Case[] = [
  [
    "an unset variable, in each place",
    `{ "a": { "command": ▸"\${C}", "args": ["x", ▸"\${A}"], "env": { "E": ▸"\${B}" } } }`,
    [
      /^a\.command: needs the environment variable C, which is not set/,
      /^a\.args\[1\]: .* A,/,
      /^a\.env\.E: .* B,/,
    ],
  ],
  ["two unset variables in one value", `{ "a": { "command": ▸▸"\${C}\${D}" } }`, [/ C,/, / D,/]],
  [
    "an unset variable beside a wrong neighbour",
    `{ "a": { "command": "x", "args": [▸1, ▸"\${A}"] } }`,
    [/^a\.args\[0\]/, /^a\.args\[1\]: needs/],
  ],
  [
    "a variable named like a method",
    `{ "a": { "command": ▸"\${constructor}" } }`,
    [/variable constructor, which is not set/],
  ],
  ["no closing brace", `{ "a": { "command": ▸"\${C" } }`, [/has a \$\{ without its \}/]],
  ["an unknown kind", `{ "a": { "command": ▸"\${vault:x}" } }`, [/\$\{vault:x\}, which means nothing here/]],
  ["an editor's question", `{ "a": { "command": ▸"\${input:x}" } }`, [/only an editor can ask for/]],
  ["an editor's variable", `{ "a": { "command": ▸"\${workspaceFolder}/x" } }`, [/only an editor knows/]],
  [
    "a missing file",
    `{ "a": { "command": "x", "env": { "K": ▸"\${file:k}" } } }`,
    ["a.env.K: needs the file k, which does not exist."],
  ],
  [
    "a folder for a file",
    `{ "a": { "command": "x", "env": { "K": ▸"\${file:d}" } } }`,
    [/which is a folder/],
    { files: { "d/x": "" } },
  ],
  [
    "a file that is too large",
    `{ "a": { "command": "x", "env": { "K": ▸"\${file:k}" } } }`,
    [/which is larger than 65536 bytes/],
    { files: { k: "x".repeat(65537) } },
  ],
  [
    "nothing left of a command",
    `{ "a": { "command": ▸"\${E}" } }`,
    [/is empty once/],
    { environment: { E: "" } },
  ],
  ["a NUL character", `{ "a": { "command": "x", "args": [▸"a\\u0000"] } }`, [/NUL/]],
  [
    "a line end in a header",
    `{ "a": { "url": "http://x", "headers": { "X": ▸"\${V}" } } }`,
    [/can't carry/],
    { environment: { V: "a\r\nSet-Cookie: b" } },
  ],
];

const gateway: readonly Case[] = [
  [
    "a mistyped key",
    `{ "gateway": { ▸"prot": 1 }, "mcpServers": {} }`,
    ['gateway.prot: is not a known key. Did you mean "port"?'],
  ],
  [
    "a mistyped limit",
    `{ "gateway": { "limits": { ▸"session": 1 } }, "mcpServers": {} }`,
    ['gateway.limits.session: is not a known key. Did you mean "sessions"?'],
  ],
  [
    "a port out of range",
    `{ "gateway": { "port": ▸65536 }, "mcpServers": {} }`,
    [/from 0 to 65535; found 65536/],
  ],
  [
    "a limit out of range",
    `{ "gateway": { "limits": { "sessions": ▸0 } }, "mcpServers": {} }`,
    [/^gateway\.limits\.sessions: .*found 0/],
  ],
  [
    "a host with scheme",
    `{ "gateway": { "host": ▸"http://x" }, "mcpServers": {} }`,
    [/^gateway\.host: must be a name or an address alone/],
  ],
  ["a host with port", `{ "gateway": { "host": ▸"x:80" }, "mcpServers": {} }`, [/must not have a port/]],
  [
    "a token with spaces, not repeated",
    `{ "gateway": { "token": ▸"hunter2 hunter2" }, "mcpServers": {} }`,
    [/^gateway\.token: must be letters, digits(?!.*hunter2)/],
  ],
  [
    "a token that is a number, not repeated",
    `{ "gateway": { "token": ▸123456789 }, "mcpServers": {} }`,
    [/^gateway\.token: must be a string; found a number\. Write it in double quotes\.$/],
  ],
  [
    "every host",
    `{ "gateway": { "allowedHosts": ["x", ▸"*"] }, "mcpServers": {} }`,
    [/^gateway\.allowedHosts\[1\]: /],
  ],
  [
    "every origin",
    `{ "gateway": { "allowedOrigins": [▸"*", ▸"x", ▸"https://x/y"] }, "mcpServers": {} }`,
    [/\[0\]: must be one origin/, /\[1\]/, /\[2\]/],
  ],
  [
    "a separator of one's own",
    `{ "gateway": { "separator": ▸"-" }, "mcpServers": {} }`,
    [/must be "__" or "\/"; found "-"/],
  ],
  [
    "an unset token",
    `{ "gateway": { "token": ▸"\${T}" }, "mcpServers": {} }`,
    [/^gateway\.token: needs the environment variable T/],
  ],
  ["a list", `{ "gateway": ▸[], "mcpServers": {} }`, ["gateway: must be an object; found a list."]],
];

for (const [group, cases] of Object.entries({ syntax, shape, names, values, expansion, gateway })) {
  describe(`${group}: a fault with its place`, () => {
    test.each(cases.map((one) => [one[0], one] as const))(
      "%s",
      async (_title, [, source, messages, around]) => {
        const { text, places } = marked(source);
        const result = await loadText(text, around);
        const faults = result.ok ? [] : result.faults;
        expect(faults.map(({ line, column }) => `${line}:${column}`)).toEqual([...places]);
        expect(faults).toHaveLength(messages.length);
        for (const [index, fault] of faults.entries()) {
          const said = fault.path === "" ? fault.message : `${fault.path}: ${fault.message}`;
          const expected = messages[index] ?? "";
          if (typeof expected === "string") expect(said).toBe(expected);
          else expect(said).toMatch(expected);
          expect(fault.message).toMatch(/[.?]$/);
        }
      },
    );
  });
}
