/**
 * Event streams of a server (WHATWG HTML 9.2): reading one, and following one across its interruptions
 * with `Last-Event-ID` and the `retry` the server asked for.
 */
import { backoffDelayMs, GatewayError, limits, systemClock } from "@mcp-gateway/kit";
import { type SseEvent, SseParser } from "@mcp-gateway/mcp";
import type { Gate } from "../gate.ts";
import { sleep } from "./timing.ts";

export interface StreamSink {
  readonly gate: Gate;
  onEvent(event: SseEvent): void;
  /** An event beyond the bound was thrown away. */
  onOversized(bytes: number): void;
}

/** Reads to the end of the stream; rejects when it breaks or its request is aborted. */
export async function readEventStream(response: Response, sink: StreamSink): Promise<void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const parser = new SseParser({
    eventBytesMax: limits.backendMessageBytesMax,
    onEvent: (event) => sink.onEvent(event),
    onOversized: (bytes) => sink.onOversized(bytes),
  });
  for (;;) {
    if (sink.gate.shut !== undefined) await sink.gate.shut;
    const { done, value } = await reader.read();
    if (done) break;
    parser.push(value);
  }
  parser.end();
}

export type OpenedStream =
  | { readonly kind: "stream"; readonly response: Response }
  /** `again`: it may go better later. */
  | { readonly kind: "refused"; readonly error: GatewayError; readonly again: boolean };

export interface Following {
  readonly backend: string;
  readonly gate: Gate;
  /** Ends it: the request was abandoned, or the transport closes. */
  readonly signal: AbortSignal;
  /** Go on without an event id too: a stream that belongs to no request has no beginning to miss. */
  readonly withoutId: boolean;
  /** Attempts in a row that bring no event; then it is given up. */
  readonly retriesMax: number;
  /** False: what was waited for has come. */
  wanted(): boolean;
  open(lastEventId: string | undefined): Promise<OpenedStream>;
  onMessage(message: Uint8Array): void;
  onOversized(bytes: number): void;
}

/** Where a stream stands between two of its connections. */
interface Progress {
  lastEventId: string | undefined;
  retryMs: number | undefined;
  fruitless: number;
}

/**
 * Follows `first` (or opens the stream) until it is no longer wanted: resolves with undefined then, with
 * the error when it can't be had.
 */
export async function followStream(
  first: Response | undefined,
  following: Following,
): Promise<GatewayError | undefined> {
  const progress: Progress = { lastEventId: undefined, retryMs: undefined, fruitless: 0 };
  let opened: OpenedStream | undefined =
    first === undefined ? undefined : { kind: "stream", response: first };
  for (;;) {
    opened ??= await following.open(progress.lastEventId);
    if (opened.kind === "stream") await readOnce(opened.response, following, progress);
    else progress.fruitless += 1;
    if (following.signal.aborted || !following.wanted()) return undefined;
    if (opened.kind === "refused" && (!opened.again || progress.fruitless > following.retriesMax))
      return opened.error;
    if (progress.lastEventId === undefined && !following.withoutId) {
      return streamLost(following.backend, "it ended the response stream before its answer.");
    }
    if (progress.fruitless > following.retriesMax) {
      return streamLost(following.backend, "its response stream ends again and again before the answer.");
    }
    opened = undefined;
    await pauseBefore(progress, following.signal);
    if (following.signal.aborted || !following.wanted()) return undefined;
  }
}

async function readOnce(response: Response, following: Following, progress: Progress): Promise<void> {
  const openedAtMs = systemClock.nowMs();
  let events = 0;
  const sink: StreamSink = {
    gate: following.gate,
    onEvent: (event) => {
      events += 1;
      // The id counts once its event is complete; one that came with a torn event would skip that event.
      progress.lastEventId = event.id ?? progress.lastEventId;
      progress.retryMs = event.retryMs ?? progress.retryMs;
      // An event without data only sets the id and the delay (SEP-1699).
      if (event.event === "message" && event.data.length > 0) following.onMessage(event.data);
    },
    onOversized: (bytes) => following.onOversized(bytes),
  };
  await readEventStream(response, sink).catch(() => undefined); // A stream that breaks is resumed like one that ends.
  const livedMs = systemClock.nowMs() - openedAtMs;
  progress.fruitless = events > 0 || livedMs > limits.backendStreamRetryMsMax ? 0 : progress.fruitless + 1;
}

function streamLost(backend: string, why: string): GatewayError {
  return new GatewayError(
    "backend-lost",
    `The server "${backend}" did not answer: ${why} The call may have run.`,
    { facts: { server: backend } },
  );
}

/** The delay before the next attempt: what the server asked for, and longer where that brought nothing. */
export function streamDelayMs(retryMs: number | undefined, fruitless: number, random: number): number {
  if (retryMs !== undefined && fruitless <= 1) return retryMs;
  const minMs = Math.max(retryMs ?? 0, limits.backendStreamRetryMsMin);
  const maxMs = Math.max(minMs, limits.backendStreamRetryMsMax);
  return backoffDelayMs(
    { minMs, maxMs, jitterRatio: limits.restartJitterRatio },
    Math.max(0, fruitless - 1),
    random,
  );
}

function pauseBefore(progress: Progress, signal: AbortSignal): Promise<void> {
  return sleep(streamDelayMs(progress.retryMs, progress.fruitless, Math.random()), signal);
}
