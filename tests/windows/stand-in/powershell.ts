/**
 * Stands in for powershell.exe where there is none: takes the same command line, digs the command's text out of
 * the script, and says what arrived. It shows that quoting, encoding, time-outs and kills work up to PowerShell's
 * door; it shows nothing about what PowerShell does with the script.
 *
 * A command that begins with `#!` is an order to it, as JSON; of any other it prints length and SHA-256.
 */
import { readFileSync, rmSync } from "node:fs";

interface Order {
  readonly exitCode?: number;
  /** Base64 of what it writes. */
  readonly stdout?: string;
  readonly stderr?: string;
  /** JSON for `objects`. */
  readonly json?: string;
  /** Makes such a JSON itself, because a command can't be as long as an answer. */
  readonly jsonCharacters?: number;
  readonly long?: number;
  readonly silent?: boolean;
  readonly codePage?: number;
  readonly sleepMs?: number;
  /** A program that it starts, and does not wait for. */
  readonly start?: readonly string[];
  /** Names of variables that it shows. */
  readonly variables?: readonly string[];
}

function write(stream: NodeJS.WriteStream, bytes: Uint8Array | string): void {
  stream.write(bytes);
}

function fromBase64(script: string, name: string): string | undefined {
  const pattern = new RegExp(
    `\\$${name} = \\[Text\\.Encoding\\]::UTF8\\.GetString\\(\\[Convert\\]::FromBase64String\\('([^']*)'\\)\\)`,
    "u",
  );
  const base64 = pattern.exec(script)?.[1];
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("utf8");
}

function commandIn(script: string): { readonly text: string; readonly how: "inline" | "file" } {
  const text = fromBase64(script, "McpGatewayText");
  if (text !== undefined) return { text, how: "inline" };
  const path = fromBase64(script, "McpGatewayFile") ?? "";
  const content = readFileSync(path, "utf8");
  rmSync(path);
  return { text: content, how: "file" };
}

const args = process.argv.slice(2);
const encoded = args[args.indexOf("-EncodedCommand") + 1] ?? "";
const expected = [
  "-NoLogo",
  "-NoProfile",
  "-NonInteractive",
  "-OutputFormat",
  "Text",
  "-EncodedCommand",
  encoded,
];
const script = Buffer.from(encoded, "base64").toString("utf16le");
const mark = /'(mcp-gateway-[0-9a-f]+) '/u.exec(script)?.[1] ?? "no-mark";
const { text, how } = commandIn(script);
// Orders are written by our own tests.
const order = (text.startsWith("#!") ? JSON.parse(text.slice(2)) : {}) as Order;

if (order.silent !== true) write(process.stdout, `${mark} 5.1.0-stand-in ${order.codePage ?? 65001}\r\n`);
if (!Bun.deepEquals(args, expected)) write(process.stdout, `wrong arguments: ${JSON.stringify(args)}\r\n`);
if (!text.startsWith("#!")) {
  const digest = new Bun.CryptoHasher("sha256").update(text).digest("hex");
  write(process.stdout, `${how} ${text.length} ${digest}\r\n`);
}
for (const name of order.variables ?? []) write(process.stdout, `${name}=${process.env[name] ?? ""}\r\n`);
if (order.stdout !== undefined) write(process.stdout, Buffer.from(order.stdout, "base64"));
if (order.stderr !== undefined) write(process.stderr, Buffer.from(order.stderr, "base64"));
if (order.json !== undefined) write(process.stdout, `${mark} json ${order.json}\r\n`);
if (order.jsonCharacters !== undefined)
  write(process.stdout, `${mark} json ["${"x".repeat(order.jsonCharacters)}"]\r\n`);
if (order.long !== undefined) write(process.stdout, `${mark} long ${order.long}\r\n`);
if (order.start !== undefined)
  Bun.spawn([...order.start], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
if (order.sleepMs !== undefined) await Bun.sleep(order.sleepMs);
process.exitCode = order.exitCode ?? 0;
