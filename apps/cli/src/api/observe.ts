/** What can be found out about a gateway right now, from whichever of its processes answers. */
import type { Snapshot, StatusReport, Welcome } from "@mcp-gateway/contract";
import { messageOf } from "@mcp-gateway/kit";
import { CliError } from "../cli-error.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { hintsFor } from "../instance.ts";
import { AdminClient } from "./admin-client.ts";
import { NoAnswer } from "./http.ts";
import { viewSupervisor } from "./supervisor-client.ts";
import { configPathOf, readToken, runningGateway, type Target } from "./target.ts";

export type Observation =
  | { readonly kind: "answered"; readonly report: StatusReport }
  | {
      readonly kind: "gateway-down";
      /** Undefined when there is no process; else why it does not answer. */
      readonly reason: string | undefined;
      readonly welcome: Welcome;
      readonly snapshot: Snapshot;
    }
  | { readonly kind: "down"; readonly reason: string }
  | { readonly kind: "unclear"; readonly reason: string; readonly hints: readonly string[] };

export async function observe(target: Target): Promise<Observation> {
  const gateway = await askGateway(target);
  if (gateway.kind === "answered") return gateway;
  const supervisor = target.kind === "instance" ? await viewSupervisor(target.paths) : undefined;
  if (supervisor !== undefined) {
    return {
      kind: "gateway-down",
      reason: gateway.kind === "unclear" ? gateway.reason : undefined,
      ...supervisor,
    };
  }
  return gateway;
}

type GatewayAnswer = Exclude<Observation, { kind: "gateway-down" }>;

async function askGateway(target: Target): Promise<GatewayAnswer> {
  const client = adminClient(target);
  if (client === undefined) return { kind: "down", reason: `No gateway runs with ${configPathOf(target)}.` };
  try {
    return { kind: "answered", report: await client.status() };
  } catch (thrown) {
    if (thrown instanceof NoAnswer && thrown.reason === "refused")
      return { kind: "down", reason: thrown.message };
    return {
      kind: "unclear",
      reason: messageOf(thrown),
      hints: thrown instanceof CliError ? thrown.hints : [],
    };
  }
}

/** Undefined when no gateway of this instance runs. The admin token goes only to a process known to be ours. */
export function adminClient(target: Target): AdminClient | undefined {
  if (target.kind === "address") return new AdminClient(target.address, target.token);
  const run = runningGateway(target.paths);
  if (run === undefined) return undefined;
  return new AdminClient(run.address, target.token ?? readToken(target.paths.adminTokenPath));
}

/** @throws CliError when no gateway runs */
export function requireAdminClient(target: Target): AdminClient {
  const client = adminClient(target);
  if (client !== undefined) return client;
  throw new CliError("The gateway is not running.", exitCodes.notRunning, [
    `Start it: ${hintsFor(configPathOf(target)).start}`,
  ]);
}

export function exitCodeOf(observation: Observation): ExitCode {
  switch (observation.kind) {
    case "answered":
      if (!observation.report.supervisor.connected) return exitCodes.supervisorDown;
      return { ready: exitCodes.ok, starting: exitCodes.starting, degraded: exitCodes.degraded }[
        observation.report.state
      ];
    case "gateway-down":
      return isHeld(observation.snapshot) ? exitCodes.starting : exitCodes.gatewayDown;
    case "down":
      return exitCodes.notRunning;
    case "unclear":
      return exitCodes.failed;
    default:
      return observation satisfies never;
  }
}

/** No server was started yet: the supervisor waits for the first gateway, which is on its way. */
export function isHeld(snapshot: Snapshot): boolean {
  const startable = snapshot.backends.filter(({ phase }) => phase !== "disabled" && phase !== "skipped");
  return startable.length > 0 && startable.every(({ phase }) => phase === "waiting");
}
