/** The service manager of this process, where there is one: `service()?.started(…)`. */
import { isWatchedService } from "./environment.ts";
import type { ServiceManager } from "./notify.ts";

export { isWatchedService, withoutServiceVariables } from "./environment.ts";
export type { ServiceManager } from "./notify.ts";

/** Loads what speaks to it only where somebody listens. */
export async function serviceManager(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ServiceManager | undefined> {
  if (!isWatchedService(environment)) return undefined;
  const { openServiceManager } = await import("./notify.ts");
  return openServiceManager(environment);
}
