/**
 * The servers for Windows as anybody uses them: in the configuration of a gateway, which runs in Wine itself, called over
 * its two fronts by the official client on Linux.
 */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "@mcp-gateway/kit/errors";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { RequestOptions } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { waitFor } from "../support/wait-for.ts";
import { type Check, type CheckOutcome, equal, holds, runChecks } from "./checks/check.ts";
import { argumentStrings } from "./checks/hostile-strings.ts";
import { quoted } from "./checks/quoted.ts";
import { digestLine } from "./checks/stand-in.ts";
import { startGateway } from "./gateway-in-wine.ts";
import { outcomeOf } from "./in-wine-checks.ts";
import { bunInWine } from "./packages.ts";
import { sleepers } from "./processes.ts";
import { wholeChecks } from "./whole-gateway.ts";

type Given = Readonly<Record<string, unknown>>;
type Structured = Readonly<Record<string, unknown>>;
type Call = (name: string, given: Given, options?: RequestOptions) => Promise<Answer>;

interface Answer {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: Structured;
}

/** @param tools the folder that Wine sees as `Z:\\tools`, with the stand-in in it */
export async function throughGateway(
  tools: string,
  tell: (outcome: CheckOutcome) => void,
  wanted: string,
): Promise<CheckOutcome[]> {
  const gateway = startGateway(tools);
  try {
    await gateway.ready();
    const fronts = (["mcp", "sse"] as const).map((front) => ({
      group: `gateway, /${front}`,
      checks: checks(gateway.url, front, tools),
    }));
    const whole = { group: "gateway", checks: wholeChecks(gateway) };
    const outcomes = [
      ...(await runChecks(fronts, tell, wanted)),
      ...(await runChecks([whole], tell, wanted)),
    ];
    const left = sleepers(tools).length;
    return [
      ...outcomes,
      outcomeOf("gateway: no family is left in Wine", left === 0 ? "" : `${left} are left`),
    ];
  } catch (error) {
    return [outcomeOf("gateway: it runs under Wine with the servers for Windows", messageOf(error))];
  } finally {
    gateway.process.kill();
    await gateway.process.ended;
  }
}

function checks(gatewayUrl: string, front: "mcp" | "sse", tools: string): readonly Check[] {
  const check = (
    name: string,
    run: (call: Call, client: Client) => Promise<unknown>,
    isWaiting = false,
  ): Check => ({
    name,
    isWaiting,
    run: async () => {
      const url = new URL(`${gatewayUrl}/${front}`);
      const transport =
        front === "mcp" ? new StreamableHTTPClientTransport(url) : new SSEClientTransport(url);
      const client = new Client({ name: "windows-checks", version: "1" });
      // Its sessionId may be undefined, which the SDK's own type does not say.
      await client.connect(transport as Transport);
      try {
        // The client then checks each result against the tool's outputSchema.
        await client.listTools();
        return await run(callWith(client), client);
      } finally {
        await client.close();
      }
    },
  });
  return [
    check("the tools of all three are listed", async (_, client) => {
      const names = (await client.listTools()).tools.map(({ name }) => name).sort();
      equal(names, ["cmd__cmd", "powershell__powershell", "stub__powershell", "wmi__query_wmi"]);
    }),
    check("cmd: text, exit codes and streams", commands),
    check("cmd: hostile arguments arrive exactly", hostileArguments),
    check("cmd: progress is told", progress),
    check("cmd: the end of its time ends the whole tree", (call) =>
      ends(call, tools, `${front}-time`, false),
    ),
    check("cmd: cancelling ends the whole tree", (call) => ends(call, tools, `${front}-cancel`, true)),
    check("wmi: rows and refusals", queries),
    check("powershell: the script arrives; a PowerShell that does nothing is an error", scripts),
  ];
}

function callWith(client: Client): Call {
  return async (name, given, options) => {
    const result = await client.callTool({ name, arguments: given }, undefined, options);
    // The client has checked content and structuredContent against their schemas.
    const content = result.content as readonly { readonly text: string }[];
    const structured = (result.structuredContent ?? {}) as Structured;
    return { isError: result.isError === true, text: content[0]?.text ?? "", structured };
  };
}

async function commands(call: Call): Promise<void> {
  const answer = await call("cmd__cmd", { command: "echo 你好 😀 & echo err 1>&2 & exit 300" });
  equal(answer.structured["stdout"], "你好 😀 \r\n", "stdout");
  equal(String(answer.structured["stderr"]).trim(), "err", "stderr");
  equal([answer.structured["exitCode"], answer.isError], [300, true], "exit code");
  const gbk = await call("cmd__cmd", { command: "chcp & echo 你好", codePage: 936 });
  holds(/936[\s\S]*你好/u.test(String(gbk.structured["stdout"])), gbk.text);
  const refused = await call("cmd__cmd", { command: "echo x", codePage: 1 });
  holds(refused.isError && refused.text.startsWith("The command was not run."), refused.text);
}

const argumentsAtOnce = 12;

async function hostileArguments(call: Call): Promise<string> {
  const all = argumentStrings().slice(0, 5 * argumentsAtOnce);
  const program = [bunInWine, "Z:\\repo\\tests\\windows\\checks\\print-arguments.ts"].map(quoted).join(" ");
  for (let at = 0; at < all.length; at += argumentsAtOnce) {
    const some = all.slice(at, at + argumentsAtOnce);
    const answer = await call("cmd__cmd", { command: `${program} ${some.map(quoted).join(" ")}` });
    const line = String(answer.structured["stdout"] ?? answer.text).trim();
    equal(line.startsWith("[") ? JSON.parse(line) : line, some, "arguments");
  }
  return `${all.length} inputs`;
}

async function progress(call: Call): Promise<string> {
  const heard: string[] = [];
  const onprogress = ({ message }: { readonly message?: string | undefined }): void => {
    heard.push(message ?? "");
  };
  await call("cmd__cmd", { command: "echo 第一 & ping -n 3 127.0.0.1 >nul & echo two" }, { onprogress });
  holds(heard.join("").includes("第一"), `progress: ${JSON.stringify(heard)}`);
  return `${heard.length} messages`;
}

async function ends(call: Call, tools: string, mark: string, isCancelled: boolean): Promise<string> {
  mkdirSync(join(tools, mark));
  const family = () => readdirSync(join(tools, mark));
  const sleeper = [bunInWine, "Z:\\repo\\tests\\windows\\checks\\sleeper.ts", `Z:\\tools\\${mark}`, "1"];
  const command = sleeper.map((part) => `"${part}"`).join(" ");
  const stop = new AbortController();
  const options = isCancelled ? { signal: stop.signal, timeout: 60_000 } : {};
  const answered = call("cmd__cmd", { command, timeoutMs: isCancelled ? 60_000 : 18_000 }, options).catch(
    () => undefined,
  );
  await waitFor(() => family().length === 2, { what: "the family to be whole", timeoutMs: 17_000 });
  holds(sleepers(mark).length >= 2, "Linux sees the family");
  if (isCancelled) stop.abort();
  const answer = await answered;
  if (!isCancelled) equal(answer?.structured["timedOut"], true, "timed out");
  await waitFor(() => sleepers(mark).length === 0, { what: "the family to be gone", timeoutMs: 10_000 });
  return "0 left";
}

async function queries(call: Call): Promise<void> {
  const properties = ["Caption", "Version"];
  const answer = await call("wmi__query_wmi", { wmi_class: "Win32_OperatingSystem", properties });
  const rows = answer.structured["rows"] as readonly Structured[]; // Checked by the client.
  holds(String(rows[0]?.["Caption"]).includes("Windows"), answer.text);
  equal(JSON.parse(answer.text), rows, "the text is the rows");
  const refused = await call("wmi__query_wmi", { wmi_class: "Win32_Process", filter: "1=1 OR 1=1" });
  holds(refused.isError && refused.text.startsWith("The query was not run."), refused.text);
  const unknown = await call("wmi__query_wmi", { wmi_class: "Win32_NoSuchClass" });
  holds(unknown.isError && /0x8\w{7} \(WBEM_E_/u.test(unknown.text), unknown.text);
}

async function scripts(call: Call): Promise<void> {
  const command = "Write-Output '你好' # ‘;\"`$(exit 9)";
  const answer = await call("powershell__powershell", { command });
  equal(answer.structured["stdout"], `${digestLine("inline", command)}\r\n`, "the script");
  const stub = await call("stub__powershell", { command: "1 + 1" });
  holds(stub.isError && stub.text.includes("before it began"), stub.text);
}
