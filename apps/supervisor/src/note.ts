/** Why a backend is where it is, in a few words, where the phase alone does not say it. */
import type { ServerConfig } from "@mcp-gateway/config";
import { signInStage } from "./connections/fault.ts";
import type { Lifecycle } from "./lifecycle.ts";

const platformNames: Readonly<Record<string, string>> = {
  aix: "AIX",
  darwin: "macOS",
  freebsd: "FreeBSD",
  linux: "Linux",
  openbsd: "OpenBSD",
  win32: "Windows",
};

/** `needs Windows`, `needs Linux or macOS` */
export function platformNote(server: Pick<ServerConfig, "platforms">): string {
  return `needs ${(server.platforms ?? []).map((platform) => platformNames[platform] ?? platform).join(" or ")}`;
}

export function noteOf(state: Lifecycle, server: ServerConfig): string {
  switch (state.phase) {
    case "waiting":
      return "waits for its start";
    case "disabled":
      return "disabled in the configuration";
    case "skipped":
      return platformNote(server);
    case "stopped":
      return state.fault === null
        ? "stopped by request"
        : `not restarted: \`restart\` is "${server.restart}"`;
    case "starting":
      if (server.command !== undefined && !state.launched) return "waits for its turn to start";
      return server.transport === "stdio" ? "" : "waits for its address to answer";
    case "failed":
      if (state.fault?.stage === signInStage) return "waits for a sign-in";
      return state.delayMs === null
        ? `not restarted: \`restart\` is "${server.restart}"`
        : "failed too often; tried again slowly";
    case "connecting":
    case "ready":
    case "stopping":
    case "backing-off":
    case "removed":
      return "";
    default:
      return state satisfies never;
  }
}
