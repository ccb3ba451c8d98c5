/** Reads, checks, expands and documents `config.json`. */
export { diffServers, type ServerDiff } from "./diff.ts";
export { childEnvironment } from "./environment.ts";
export { formatFault } from "./fault.ts";
export { configJsonSchema } from "./json-schema.ts";
export { loadConfig, loadGatewaySettings } from "./load.ts";
export type {
  Config,
  ConfigFault,
  ConfigResult,
  GatewaySettings,
  GatewaySettingsResult,
  OAuthSettings,
  ServerConfig,
} from "./types.ts";
