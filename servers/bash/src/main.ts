/** The built-in MCP server `bash`, on stdio. */
import { start } from "./server.ts";

await start(process.argv.slice(2));
