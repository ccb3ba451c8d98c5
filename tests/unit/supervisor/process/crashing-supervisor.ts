/** The supervisor with a bug: after SIGUSR2 there is a rejection that nobody handles. */
import { loadConfig } from "@mcp-gateway/config";
import { runSupervisor } from "../../../../apps/supervisor/src/run.ts";

const loaded = await loadConfig(process.argv[3] ?? "");
if (!loaded.ok) throw new Error("the test's configuration is broken");
await runSupervisor({ config: loaded.config, warnings: [], logLevel: "info", hold: false });
process.on("SIGUSR2", () => void Promise.reject(new Error("a bug")));
