import "./limit-relations.ts";

export { type Backoff, backoffDelayMs } from "./backoff.ts";
export { type Clock, ManualClock, systemClock } from "./clock.ts";
export { type ErrorCode, type ErrorKind, errorCatalogue } from "./error-catalogue.ts";
export {
  type ErrorFacts,
  GatewayError,
  isGatewayError,
  type JsonRpcErrorObject,
  messageOf,
  systemCodeOf,
  toJsonRpcError,
} from "./errors.ts";
export { installDirectory } from "./install-directory.ts";
export { limits } from "./limits.ts";
export { formatFields, Log, type LogFields, type LogLevel, logLevels } from "./log.ts";
export { LogFile, type LogFileOptions, runStamp, timestamp } from "./log-file.ts";
export { type InstancePaths, instancePaths } from "./paths.ts";
export { makePrivateDirectory, privateDirectoryFault } from "./private-directory.ts";
export { randomToken } from "./random-token.ts";
export { readFlags } from "./read-flags.ts";
export { forgetSecret, redact, registerSecret } from "./redact.ts";
export { releaseStartCodeLater } from "./release-start-code.ts";
export { SharedTimer } from "./shared-timer.ts";
export { withoutStartPolicy, withStartPolicy } from "./start-policy.ts";
export { version } from "./version.ts";
