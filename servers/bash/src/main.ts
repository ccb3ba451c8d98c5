/** The built-in MCP server `bash`, on stdio. */
import { startPrebuilt } from "@mcp-gateway/kit/prebuilt";

const set = { name: "bash", programs: { bash: "servers/bash/src/server.ts" } };
await startPrebuilt(set, "bash", () => import("./server.ts"));
