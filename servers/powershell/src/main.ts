/** The built-in MCP server `powershell`, on stdio. */
import { join } from "node:path";
import { startPrebuilt } from "@mcp-gateway/shell-core/prebuilt";

await startPrebuilt(join(import.meta.dir, "server.ts"), () => import("./server.ts"));
