/** A backend of the matrix as a program on stdio: `--name NAME --era session|stateless`, `--starts FILE` for a line at each start. */
import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { World } from "./vocabulary.ts";

const { values } = parseArgs({
  options: { name: { type: "string", default: "" }, era: { type: "string" }, starts: { type: "string" } },
});
if (values.starts !== undefined) appendFileSync(values.starts, `${process.pid}\n`);
const world = new World(values.name);
const reset = (): void => process.exit(0);

// Each era's SDK is loaded only where it serves: these programs are started many times.
if (values.era === "stateless") {
  const { StdioServerTransport, serveStdio } = await import("@modelcontextprotocol/server/stdio");
  const { statelessServer } = await import("./stateless-server.ts");
  const transport = new StdioServerTransport();
  serveStdio(
    () =>
      statelessServer(world, {
        changed: (server, kind) => {
          if (kind === "tools") void server.sendToolListChanged();
          if (kind === "prompts") void server.sendPromptListChanged();
          if (kind === "resources") void server.sendResourceListChanged();
        },
        updated: (server, uri) => void server.sendResourceUpdated({ uri }),
        reset,
      }),
    { legacy: "reject", transport },
  );
  const receive = transport.onmessage;
  transport.onmessage = (message) => {
    world.seen.push({ ...message });
    receive?.(message);
  };
} else {
  const { StdioServerTransport } = await import("@modelcontextprotocol/sdk/server/stdio.js");
  const { SessionServers } = await import("./session-server.ts");
  await new SessionServers(world, reset).serve(new StdioServerTransport());
}
