/** Checked when the package is loaded: limits depend on each other, and an edit of one may break another. */
import { limits } from "./limits.ts";

/** Relations that must hold between limits; a wrong edit stops every process at its start. */
const relations: readonly (readonly [string, boolean])[] = [
  ["a backend message fits into a frame", limits.backendMessageBytesMax < limits.frameBytesMax],
  ["a reply fits into a frame", limits.replyBytesMax < limits.frameBytesMax],
  [
    "a client request fits into a backend's input budget",
    limits.requestBodyBytesMax <= limits.backendInputBytesMax,
  ],
  [
    "heartbeats come well within the stream time-out",
    limits.streamHeartbeatMs * 3 <= limits.streamIdleTimeoutS * 1_000,
  ],
  [
    "a slow reply becomes a stream before the connection idles out",
    limits.replyAsStreamAfterMs < limits.httpIdleTimeoutS * 1_000,
  ],
  [
    "a polite stop ends before the killing begins",
    limits.stopInputGraceMs + limits.stopTermGraceMs < limits.shutdownMsMax - limits.shutdownKillMs,
  ],
  [
    "a built-in server ends by itself before it is told to",
    limits.shellEndTermGraceMs < limits.shellEndMsMax && limits.shellEndMsMax < limits.stopInputGraceMs,
  ],
  ["a command's default time is one it may ask for", limits.shellTimeoutMs <= limits.shellTimeoutMsMax],
  ["several large replies fit into a ring", limits.ringPayloadBytesMin * 8 <= limits.ringBytes],
  ["the high-water mark is below the bound", limits.linkQueueBytesHigh < limits.linkQueueBytesMax],
  [
    "a step of a sign-in is answered before its connection counts as quiet, and before the command gives up",
    limits.signInRequestMs < limits.signInStepMs &&
      limits.signInStepMs < limits.cliSignInTimeoutMs &&
      limits.signInStepMs < limits.httpIdleTimeoutS * 1_000,
  ],
  [
    "systemd waits longer for a stop than a stop may take, and its watchdog for several signs of life",
    limits.serviceStopSlackMs > 0 && limits.serviceTellEveryMs * 3 <= limits.serviceWatchdogMs,
  ],
  [
    "the link notices silence after several heartbeats",
    limits.linkHeartbeatMs * 3 <= limits.linkSilenceMsMax,
  ],
];
for (const [sentence, holds] of relations) {
  if (!holds) throw new Error(`limits.ts: this no longer holds: ${sentence}`);
}
