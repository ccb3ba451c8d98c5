/** Start, stop, restart and reload, through the gateway, or through the supervisor when the gateway is away. */
import type { Operation, OperationReport } from "@mcp-gateway/contract";
import { errorCatalogue } from "@mcp-gateway/kit";
import { CliError } from "../cli-error.ts";
import { exitCodes } from "../exit-codes.ts";
import { hintsFor } from "../instance.ts";
import { withCommands } from "../invocation.ts";
import { didYouMean } from "../nearest.ts";
import { rowsOf } from "../view/status-model.ts";
import { NoAnswer } from "./http.ts";
import { adminClient, observe } from "./observe.ts";
import { operateSupervisor } from "./supervisor-client.ts";
import { configPathOf, type Target } from "./target.ts";

/**
 * Resolves when the operation was taken.
 * @param server the backend's name; empty for `reload`
 * @throws CliError that says why it was not
 */
export async function operate(target: Target, operation: Operation, server: string): Promise<void> {
  const report =
    (await byGateway(target, operation, server)) ?? (await bySupervisor(target, operation, server));
  if (report === undefined) {
    throw new CliError("The gateway is not running.", exitCodes.notRunning, [
      `Start it: ${hintsFor(configPathOf(target)).start}`,
    ]);
  }
  if (report.ok) return;
  const hints = hintsFor(configPathOf(target));
  const remedy = withCommands(report.remedy ?? remedyOf(report.code) ?? "", hints);
  const hint = report.code === "backend-unknown" ? `All of them: ${hints.of("status")}` : remedy;
  const message =
    report.code === "backend-unknown"
      ? await unknownServer(target, server)
      : (report.message ?? report.code ?? "refused");
  throw new CliError(message, exitCodes.failed, hint === "" ? [] : [hint]);
}

async function byGateway(
  target: Target,
  operation: Operation,
  server: string,
): Promise<OperationReport | undefined> {
  const client = adminClient(target);
  if (client === undefined) return undefined;
  try {
    return operation === "reload" ? await client.reload() : await client.operate(server, operation);
  } catch (thrown) {
    if (thrown instanceof NoAnswer && target.kind === "instance") return undefined;
    throw thrown;
  }
}

async function bySupervisor(
  target: Target,
  operation: Operation,
  server: string,
): Promise<OperationReport | undefined> {
  if (target.kind === "address") return undefined;
  const error = await operateSupervisor(target.paths, operation, server);
  if (error === undefined) return undefined;
  return error === null ? { ok: true } : { ok: false, code: error.code, message: error.message };
}

async function unknownServer(target: Target, server: string): Promise<string> {
  const names = rowsOf(await observe(target)).map((row) => row.name);
  return `There is no server ${server}.${didYouMean(server, names)}`;
}

function remedyOf(code: string | undefined): string | undefined {
  const kind = Object.entries(errorCatalogue).find(([name]) => name === code);
  return kind?.[1].remedy;
}
