/** The built-in MCP server `cmd`, on stdio. */
import { startPrebuilt } from "@mcp-gateway/kit/prebuilt";
import { windowsOnlyFault } from "@mcp-gateway/shell-core/platform";

const set = { name: "cmd", programs: { cmd: "servers/cmd/src/server.ts" } };
const fault = windowsOnlyFault("cmd");
if (fault === undefined) await startPrebuilt(set, "cmd", () => import("./server.ts"));
else {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 2;
}
