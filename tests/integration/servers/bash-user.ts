/** A client of the bash server in a process of its own, to be killed: starts a command in a session and in a job. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { bashServer } from "./bash-client.ts";

const [command = ""] = process.argv.slice(2);
const client = new Client({ name: "user", version: "1" });
const env = { PATH: process.env["PATH"] ?? "", BASH_TEST_MARK: process.env["BASH_TEST_MARK"] ?? "" };
await client.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [bashServer],
    env: { ...env, MCP_GATEWAY_PREBUILT: "0" },
  }),
);
await client.callTool({ name: "bash_session", arguments: { command } });
await client.callTool({ name: "bash_job", arguments: { action: "start", command: `${command}\nwait` } });
process.stdout.write("started\n");
