/** Starts the gateway from its bundle or its sources: what a service manager runs. */
import { appSet, startPrebuilt } from "@mcp-gateway/kit/prebuilt";

await startPrebuilt(appSet, "gateway", () => import("./program.ts"));
