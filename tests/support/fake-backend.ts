/**
 * A scripted stdio MCP server that can misbehave in every way a real one was seen to, and that writes its
 * messages by hand, byte for byte. What it does wrong is chosen by flags at its start and by the tool called
 * (`fake-tools.ts`). It depends on nothing of this repository or the SDK.
 *
 *   --name NAME              server name in its answers
 *   --tools N                N further tools `tool_0` …, `--page-size N` of them a page
 *   --resources N --prompts N
 *   --silent-initialize      never answers `initialize`;  --initialize-delay MS;  --initialize-error
 *   --protocol VERSION       claims this revision whatever was asked
 *   --list-delay MS          answers lists late;  --list-hang never;  --list-error with an error
 *   --cursor-loop            lists never end;  --same-cursor repeats one page for ever
 *   --banner TEXT            first writes this line;  --junk N  writes N lines of junk before each answer
 *   --exit CODE              ends at once with this code;  --exit-after MS
 *   --never-read             never reads its input;  --close-stdout-after MS
 *   --ignore-sigterm         needs SIGKILL;  --ignore-eof  stays when its input ends
 *   --grandchildren N        starts N children of its own that ignore SIGTERM;  --setsid  in sessions of their own
 *   --stderr-lines N         writes N lines to stderr at its start
 *   --count-file PATH        appends a line at each start
 */
import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type FakeMessage, FakeServer } from "./fake-server.ts";
import { spawnGrandchild } from "./fake-tools.ts";

const { values: flags } = parseArgs({
  options: {
    name: { type: "string", default: "fake" },
    tools: { type: "string", default: "0" },
    resources: { type: "string", default: "0" },
    prompts: { type: "string", default: "0" },
    "page-size": { type: "string", default: "1000" },
    "silent-initialize": { type: "boolean", default: false },
    "initialize-delay": { type: "string", default: "0" },
    "initialize-error": { type: "boolean", default: false },
    protocol: { type: "string" },
    "list-delay": { type: "string", default: "0" },
    "list-hang": { type: "boolean", default: false },
    "list-error": { type: "boolean", default: false },
    "cursor-loop": { type: "boolean", default: false },
    "same-cursor": { type: "boolean", default: false },
    banner: { type: "string" },
    junk: { type: "string", default: "0" },
    exit: { type: "string" },
    "exit-after": { type: "string" },
    "never-read": { type: "boolean", default: false },
    "close-stdout-after": { type: "string" },
    "ignore-sigterm": { type: "boolean", default: false },
    "ignore-eof": { type: "boolean", default: false },
    grandchildren: { type: "string", default: "0" },
    setsid: { type: "boolean", default: false },
    "stderr-lines": { type: "string", default: "0" },
    "count-file": { type: "string" },
  },
});

const junkLines = [
  "hello from a library that prints",
  "42",
  "[]",
  "null",
  '{"a":1}',
  '{"jsonrpc":"2.0"',
  "\u0000\u0007",
  "{}",
];

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Junk goes before each answer, where a print statement of a tool would put it. */
function send(line: string): void {
  for (let index = 0; index < Number(flags.junk); index += 1)
    write(junkLines[index % junkLines.length] ?? "");
  write(line);
}

async function readLines(server: FakeServer): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of process.stdin) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      // Whatever a gateway sends is a message; anything else should end this process loudly.
      server.lines.push(line);
      if (line.trim() !== "") server.receive(JSON.parse(line) as FakeMessage);
    }
  }
  if (!flags["ignore-eof"]) process.exit(0);
}

if (flags["count-file"] !== undefined) appendFileSync(flags["count-file"], `${process.pid}\n`);
for (let index = 0; index < Number(flags["stderr-lines"]); index += 1)
  process.stderr.write(`stderr line ${index}\n`);
if (flags.banner !== undefined) write(flags.banner);
if (flags.exit !== undefined) process.exit(Number(flags.exit));
if (flags["exit-after"] !== undefined) setTimeout(() => process.exit(1), Number(flags["exit-after"]));
if (flags["ignore-sigterm"]) process.on("SIGTERM", () => undefined);
if (flags["close-stdout-after"] !== undefined)
  setTimeout(() => process.stdout.end(), Number(flags["close-stdout-after"]));
for (let index = 0; index < Number(flags.grandchildren); index += 1) spawnGrandchild(flags.setsid);

const keepAlive = setInterval(() => undefined, 60_000);
if (!flags["never-read"]) {
  const server = new FakeServer(
    {
      name: flags.name,
      tools: Number(flags.tools),
      resources: Number(flags.resources),
      prompts: Number(flags.prompts),
      pageSize: Number(flags["page-size"]),
      silentInitialize: flags["silent-initialize"],
      initializeDelayMs: Number(flags["initialize-delay"]),
      initializeError: flags["initialize-error"],
      protocolVersion: flags.protocol,
      listDelayMs: Number(flags["list-delay"]),
      listHang: flags["list-hang"],
      listError: flags["list-error"],
      endlessCursor: flags["cursor-loop"] ? "growing" : flags["same-cursor"] ? "same" : "none",
    },
    send,
  );
  await readLines(server);
}
if (!flags["ignore-eof"] && !flags["never-read"]) clearInterval(keepAlive);
