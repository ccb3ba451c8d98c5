/** The built-in MCP server `cmd`, on stdio. */
import { join } from "node:path";
import { windowsOnlyFault } from "@mcp-gateway/shell-core/platform";
import { startPrebuilt } from "@mcp-gateway/shell-core/prebuilt";

const fault = windowsOnlyFault("cmd");
if (fault === undefined) await startPrebuilt(join(import.meta.dir, "server.ts"), () => import("./server.ts"));
else {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 2;
}
