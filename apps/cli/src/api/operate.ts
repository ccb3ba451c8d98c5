/** Start, stop, restart, reload and sign-ins, through the gateway, or through the supervisor when the gateway is away. */
import type { Operation, OperationReport } from "@mcp-gateway/contract";
import { errorCatalogue } from "@mcp-gateway/kit";
import { printable } from "@mcp-gateway/kit/terminal-text";
import { CliError } from "../cli-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { hintsFor } from "../instance.ts";
import { withCommands } from "../invocation.ts";
import { didYouMean } from "../nearest.ts";
import { rowsOf } from "../view/status-model.ts";
import { NoAnswer } from "./http.ts";
import { adminClient, observe } from "./observe.ts";
import { type Order, operateSupervisor } from "./supervisor-client.ts";
import { configPathOf, type Target } from "./target.ts";

/**
 * Resolves when the operation was taken.
 * @param server the backend's name; empty for `reload`
 * @param input what `login` and `finish-login` need
 * @returns what is to be opened in a browser, if anything
 * @throws CliError that says why it was not
 */
export async function operate(
  target: Target,
  operation: Operation,
  server: string,
  input?: string,
): Promise<string | undefined> {
  const order: Order = { operation, backend: server, ...(input === undefined ? {} : { input }) };
  const report = (await byGateway(target, order)) ?? (await bySupervisor(target, order));
  if (report === undefined) {
    throw new CliError("The gateway is not running.", exitCodes.notRunning, [
      `Start it: ${hintsFor(configPathOf(target)).start}`,
    ]);
  }
  if (report.ok) return report.url;
  const hints = hintsFor(configPathOf(target));
  const remedy = withCommands(report.remedy ?? remedyOf(report.code) ?? "", hints);
  const hint = report.code === "backend-unknown" ? `All of them: ${hints.of("status")}` : remedy;
  const message =
    report.code === "backend-unknown"
      ? await unknownServer(target, server)
      : printable(report.message ?? report.code ?? "refused");
  throw new CliError(message, exitCodes.failed, hint === "" ? [] : [hint]);
}

async function byGateway(
  target: Target,
  { operation, backend, input }: Order,
): Promise<OperationReport | undefined> {
  const client = adminClient(target);
  if (client === undefined) return undefined;
  try {
    return operation === "reload" ? await client.reload() : await client.operate(backend, operation, input);
  } catch (thrown) {
    if (thrown instanceof NoAnswer && target.kind === "instance") return undefined;
    throw thrown;
  }
}

async function bySupervisor(target: Target, order: Order): Promise<OperationReport | undefined> {
  if (target.kind === "address") return undefined;
  const done = await operateSupervisor(target.paths, order);
  if (done === undefined) return undefined;
  const { error, url } = done;
  if (error !== null) return { ok: false, code: error.code, message: error.message };
  return { ok: true, ...(url === undefined ? {} : { url }) };
}

async function unknownServer(target: Target, server: string): Promise<string> {
  const names = rowsOf(await observe(target)).map((row) => row.name);
  return `There is no server ${server}.${didYouMean(server, names)}`;
}

function remedyOf(code: string | undefined): string | undefined {
  const kind = Object.entries(errorCatalogue).find(([name]) => name === code);
  return kind?.[1].remedy;
}
