/** The tested gateway: one, with every backend of the grid behind it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Stack, startStack } from "../support/harness.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type HttpBackend, startSse, startStateless, startStreamable } from "./backend/http-backend.ts";
import { type BackendCell, backendCells } from "./grid.ts";

export interface MatrixStack extends AsyncDisposable {
  readonly gateway: Stack;
  restart(server: string): Promise<void>;
}

export async function startMatrix(): Promise<MatrixStack> {
  await using opened = new AsyncDisposableStack();
  // These programs are started a few hundred times: as one file they are up in half the time.
  const folder = opened.use(tempDir("matrix"));
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "backend/program.ts")],
    outdir: folder.path,
    target: "bun",
    splitting: true,
  });
  if (!built.success) throw new AggregateError(built.logs, "the programs could not be built");
  const entries: [string, unknown][] = [];
  for (const cell of backendCells)
    entries.push([cell.server, { ...(await entryOf(cell, folder.path, opened)), isolation: cell.isolation }]);
  const gateway = opened.use(
    await startStack({ mcpServers: Object.fromEntries(entries) }, { logLevel: "info" }),
  );
  const all = opened.move();
  const restart = async (server: string): Promise<void> => {
    const token = readFileSync(gateway.paths.adminTokenPath, "utf8").trim();
    const response = await fetch(`${gateway.url}/api/v1/servers/${server}/restart`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
    });
    if (!response.ok)
      throw new Error(`restart ${server} was answered ${response.status}: ${await response.text()}`);
  };
  return { gateway, restart, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function entryOf(
  { server, transport, era }: BackendCell,
  folder: string,
  opened: AsyncDisposableStack,
): Promise<object> {
  const at = (type: string, backend: HttpBackend): object => ({ type, url: opened.use(backend).url });
  switch (transport) {
    case "stdio":
    case "stateless-stdio":
      return {
        command: process.execPath,
        args: [join(folder, "program.js"), "--name", server, "--era", era],
      };
    case "sse":
      return at("sse", await startSse(server));
    case "http":
      return at("http", startStreamable(server));
    case "stateless-http":
      return at("http", startStateless(server));
    default:
      return transport satisfies never;
  }
}
