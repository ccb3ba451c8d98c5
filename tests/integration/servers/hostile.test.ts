/**
 * Hostile inputs through the real server: each has an outcome that is expected exactly, and after each the server
 * answers and nothing that it started is left. They are counted; at least 200 must have been tried.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { say } from "../../support/say.ts";
import { waitFor } from "../../support/wait-for.ts";
import { BashClient, bashServer } from "./bash-client.ts";
import { BashSession } from "./bash-session-client.ts";
import { halves, lines, rawLines, refused, texts } from "./hostile-inputs.ts";

const leastInputs = 200;
let tried = 0;
let wrongs = 0;
const wrong: string[] = [];

function record(input: string, found: unknown, expected: unknown): void {
  tried += 1;
  if (Bun.deepEquals(found, expected)) return;
  wrongs += 1;
  wrong.push(
    `${input.slice(0, 200)}: ${JSON.stringify(found)?.slice(0, 300)} instead of ${JSON.stringify(expected)?.slice(0, 300)}`,
  );
}

function expectNoneWrong(): void {
  expect(wrong.splice(0)).toEqual([]);
}

let bash: BashClient;
let session: BashSession;
beforeAll(async () => {
  bash = await BashClient.start(["--output-bytes", "1000000"]);
  session = await BashSession.open(bash);
});
afterAll(async () => {
  say(`hostile inputs: ${tried} tried, ${wrongs} wrong`);
  await bash[Symbol.asyncDispose]();
  expect(tried).toBeGreaterThanOrEqual(leastInputs);
});

/** It answers, and only the session's shell runs. */
async function expectInOrder(): Promise<void> {
  await bash.client.ping();
  await waitFor(() => bash.running.length === 1, {
    explain: () => JSON.stringify(bash.running),
  });
}

interface Ran {
  readonly stdout: unknown;
  readonly exitCode: unknown;
  readonly stderr: unknown;
}

async function onceOf(command: string, more: Readonly<Record<string, unknown>> = {}): Promise<Ran> {
  const { facts, text } = await bash.tool("bash", { command, ...more });
  return { stdout: facts["stdout"] ?? text, exitCode: facts["exitCode"], stderr: facts["stderr"] };
}

async function inSession(command: string): Promise<Ran> {
  const { stdout, exitCode, stderr } = (await session.run(command)).facts;
  return { stdout, exitCode, stderr };
}

/** Its output is stdout and stderr together. */
async function inJob(command: string): Promise<Ran> {
  const { facts } = await bash.tool("bash_job", { action: "start", command });
  const ended = await bash.tool("bash_job", { action: "wait", job: facts["job"], offset: 0 });
  let output = String(ended.facts["output"]);
  for (let next = Number(ended.facts["next"]); next < Number(ended.facts["totalBytes"]); ) {
    const part = await bash.tool("bash_job", { action: "output", job: facts["job"], offset: next });
    output += String(part.facts["output"]);
    next = Number(part.facts["next"]);
  }
  return { stdout: output, exitCode: ended.facts["exitCode"], stderr: output };
}

const ways = { bash: onceOf, bash_session: inSession, bash_job: inJob } as const;

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

describe("texts arrive exactly", () => {
  test.each(Object.keys(ways) as (keyof typeof ways)[])(
    "as an argument, by %s",
    async (way) => {
      for (const text of [...texts, ...halves]) {
        const found = await ways[way](`printf %s ${quoted(text)}`);
        record(`${way} ${JSON.stringify(text)}`, [found.stdout, found.exitCode], [text.toWellFormed(), 0]);
        await expectInOrder();
      }
      expectNoneWrong();
    },
    60_000,
  );

  test("as a variable", async () => {
    for (const text of [...texts, ...halves]) {
      const found = await onceOf('printf %s "$V"', { env: { V: text } });
      record(`env ${JSON.stringify(text)}`, [found.stdout, found.exitCode], [text.toWellFormed(), 0]);
    }
    await expectInOrder();
    expectNoneWrong();
  }, 60_000);
});

describe("command lines do what bash does with them", () => {
  test.each(Object.keys(ways) as (keyof typeof ways)[])(
    "by %s",
    async (way) => {
      for (const [command, stdout, exitCode, stderr = ""] of lines) {
        const found = await ways[way](command);
        // A job's output has both streams, and a message of bash there is no fault.
        const isOut = way === "bash_job" ? String(found.stdout).includes(stdout) : found.stdout === stdout;
        const isErr = String(found.stderr).includes(stderr);
        record(
          `${way} ${JSON.stringify(command)}`,
          { isOut, isErr, exitCode: found.exitCode, found },
          {
            isOut: true,
            isErr: true,
            exitCode,
            found,
          },
        );
        await expectInOrder();
        if (way === "bash_session") expect(await session.stdout("echo alive")).toBe("alive\n");
      }
      expectNoneWrong();
    },
    60_000,
  );
});

test("arguments that can't be used are refused, each with its reason, and nothing runs", async () => {
  for (const [tool, given, sentence] of refused) {
    const { isError, facts, text } = await bash.tool(tool, given);
    const isSaid = text.includes(sentence);
    record(
      `${tool} ${JSON.stringify(given)}`,
      { isError, facts, isSaid, text },
      { isError: true, facts: {}, isSaid: true, text },
    );
    await expectInOrder();
  }
  expectNoneWrong();
}, 60_000);

test("bytes that are no message are survived, and what comes next is answered", async () => {
  const server = Bun.spawn([process.execPath, bashServer], {
    env: { ...process.env, MCP_GATEWAY_PREBUILT: "0" },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
  });
  const answers = new Set<unknown>();
  const reader = createInterface({ input: Readable.fromWeb(server.stdout as never) });
  reader.on("line", (line) => answers.add((JSON.parse(line) as { id?: unknown }).id));
  for (const [index, line] of rawLines.entries()) {
    const id = 1_000 + index;
    server.stdin.write(line);
    server.stdin.write(`\n{"jsonrpc":"2.0","id":${id},"method":"ping"}\n`);
    await server.stdin.flush();
    await waitFor(() => answers.has(id), { what: `an answer after ${String(line).slice(0, 100)}` });
    record(String(line), answers.has(id), true);
  }
  await server.stdin.end();
  expect(await server.exited).toBe(0);
  expectNoneWrong();
}, 60_000);
