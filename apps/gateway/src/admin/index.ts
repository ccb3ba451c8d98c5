/** Health, readiness, metrics and the admin API. */
export { AdminAnswers } from "./answers.ts";
export { BackendMetrics, type CallCounts, type CallOutcome, Metrics } from "./metrics.ts";
export { ProcessNumbers, processNumbers, renderMetrics } from "./prometheus.ts";
export { adminErrorResponse, errorResponse, type JsonRpcId } from "./responses.ts";
export { adminRoutes } from "./routes.ts";
export { type GatewayView, isSettled, type Readiness, ReadinessWatch } from "./view.ts";
