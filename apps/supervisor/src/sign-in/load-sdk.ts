/**
 * The SDK with its schemas takes 10 to 30 MB of memory, and is loaded when somebody signs in or a token is renewed. It is kept
 * out of the supervisor's bundle, which every start reads: the path is no literal, so the builder can't follow it.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { installDirectory } from "@mcp-gateway/kit";

export type Sdk = typeof import("./sdk.ts");

let loading: Promise<Sdk> | undefined;

export function loadSdk(): Promise<Sdk> {
  loading ??= import(
    pathToFileURL(join(installDirectory, "apps/supervisor/src/sign-in/sdk.ts")).href
  ) as Promise<Sdk>; // This very file beside us.
  return loading;
}
