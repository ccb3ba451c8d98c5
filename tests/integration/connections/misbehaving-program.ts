/**
 * A stdio server that does one thing wrong, named by its first argument. Tools: `echo` answers with its
 * arguments; `hang` never answers; every other tool is the misbehaviour.
 */
import { closeSync, writeSync } from "node:fs";

const mode = process.argv[2] ?? "none";

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: Readonly<Record<string, unknown>> };
}

let isOutputClosed = false;

function say(text: string): void {
  if (isOutputClosed) return;
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at, Math.min(bytes.length - at, 65_536));
    } catch (error) {
      // The pipe is full; the reader is slower than we are.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      Bun.sleepSync(1);
    }
  }
}

const line = (value: unknown): void => say(`${JSON.stringify(value)}\n`);
const answer = (id: number | undefined, result: unknown): void => line({ jsonrpc: "2.0", id, result });

const initializeResult = {
  protocolVersion: "2025-06-18",
  capabilities: { tools: {} },
  serverInfo: { name: "misbehaving", version: "1" },
};

function initialize(id: number | undefined): void {
  switch (mode) {
    case "silent-initialize":
      return;
    case "exit-at-start":
      process.exit(3);
      return;
    case "banner":
      say("Welcome to the server!\n\n42\n[]\nnull\n{}\n\u001b[1mready\u001b[0m\r\n");
      break;
    case "endless-banner":
      setInterval(() => say("still starting …\n"), 5);
      return;
    default:
  }
  say(mode === "crlf" ? `\uFEFF${JSON.stringify({ jsonrpc: "2.0", id, result: initializeResult })}\r\n` : "");
  if (mode !== "crlf") answer(id, initializeResult);
}

function misbehave(id: number | undefined): void {
  switch (mode) {
    case "exit-mid-call":
      process.exit(1);
      break;
    case "killed-mid-call":
      process.kill(process.pid, "SIGKILL");
      break;
    case "half-answer":
      say(`{"jsonrpc":"2.0","id":${id},"result":{"x":`);
      process.exit(0);
      break;
    case "closes-output":
      closeSync(1);
      isOutputClosed = true;
      break;
    case "grandchild-holds-output":
      Bun.spawn(["sleep", "20"], { stdin: "ignore", stdout: "inherit", stderr: "ignore" });
      process.exit(0);
      break;
    case "oversized":
      say(`{"jsonrpc":"2.0","id":${id},"result":{"text":"${"x".repeat(1024)}`);
      for (let sent = 0; sent < 65; sent += 1) say("x".repeat(1024 * 1024));
      say('"}}\n');
      break;
    case "wrong-ids":
      for (const wrong of ["9999", `"${id}"`, "null", "-1", "1.5"])
        say(`{"jsonrpc":"2.0","id":${wrong},"result":{}}\n`);
      answer(id, { first: true });
      answer(id, { second: true });
      break;
    case "two-ids":
      say(`{"jsonrpc":"2.0","id":${id},"result":{},"id":${Number(id) + 1}}\n`);
      break;
    case "split-utf8": {
      const bytes = Buffer.from(
        `${JSON.stringify({ jsonrpc: "2.0", id, result: { text: "äöü€😀\u2028" } })}\n`,
      );
      for (const byte of bytes) {
        writeSync(1, Uint8Array.of(byte));
        if (byte > 0x7f) Bun.sleepSync(1);
      }
      break;
    }
    case "flood":
      for (let count = 0; count < 100_000; count += 1) {
        say('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}\n');
      }
      answer(id, { done: true });
      break;
    case "big":
      answer(id, { text: "x".repeat(1024 * 1024) });
      break;
    case "asks":
      line({ jsonrpc: "2.0", id: "q", method: "sampling/createMessage", params: {} });
      break;
    default:
      answer(id, { mode });
  }
}

function take(message: Message): void {
  if (message.method === "initialize") {
    initialize(message.id);
    if (mode === "never-reads") Bun.sleepSync(60_000);
  } else if (message.method === "tools/call") {
    const { name, arguments: given } = message.params ?? {};
    if (name === "echo") answer(message.id, { given });
    else if (name !== "hang") misbehave(message.id);
  } else if (message.method === "ping") {
    answer(message.id, {});
  } else if (message.method === "notifications/cancelled") {
    line({
      jsonrpc: "2.0",
      method: "notifications/message",
      params: { level: "info", data: message.params },
    });
  } else if (message.method === undefined) {
    line({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: message } });
  }
}

let rest = "";
const decoder = new TextDecoder();
for await (const chunk of Bun.stdin.stream()) {
  rest += decoder.decode(chunk, { stream: true });
  for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
    const text = rest.slice(0, end);
    rest = rest.slice(end + 1);
    if (text !== "") take(JSON.parse(text));
  }
}
