/** The environment of a stack under test. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** Runs nothing of the user's: own HOME and folders, and none of the gateway's variables from outside. */
export function stackEnvironment(
  path: string,
  tag: string,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !name.startsWith("MCP_GATEWAY_") && !name.startsWith("XDG_"))
      environment[name] = value;
  }
  const home = join(path, "home");
  mkdirSync(home, { recursive: true });
  return {
    ...environment,
    HOME: home,
    NO_COLOR: "1",
    MCP_GATEWAY_RUNTIME_DIR: join(path, "run"),
    MCP_GATEWAY_STATE_DIR: join(path, "state"),
    MCP_GATEWAY_LOG_DIR: join(path, "logs"),
    // What is tested is the sources; the bundles have tests of their own.
    MCP_GATEWAY_PREBUILT: "0",
    MCP_GATEWAY_TEST_TAG: tag,
    ...extra,
  };
}
