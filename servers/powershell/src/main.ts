/** The built-in MCP server `powershell`, on stdio. */
import { startPrebuilt } from "@mcp-gateway/kit/prebuilt";

const set = { name: "powershell", programs: { powershell: "servers/powershell/src/server.ts" } };
await startPrebuilt(set, "powershell", () => import("./server.ts"));
