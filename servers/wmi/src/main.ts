/** The built-in MCP server `wmi`, on stdio. */
import { startPrebuilt } from "@mcp-gateway/kit/prebuilt";
import { windowsOnlyFault } from "@mcp-gateway/shell-core/platform";

const set = { name: "wmi", programs: { wmi: "servers/wmi/src/server.ts" } };
const fault = windowsOnlyFault("wmi");
if (fault === undefined) await startPrebuilt(set, "wmi", () => import("./server.ts"));
else {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 2;
}
