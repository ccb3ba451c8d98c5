/** What a connection tells, under the name of the source it is; requests that nobody may be asked end here. */
import { toJsonRpcError } from "@mcp-gateway/kit";
import { errorBody, readEnvelope } from "@mcp-gateway/mcp";
import type { ClientCapabilities, ConnectionEvents, TransportFault } from "./connections/index.ts";
import { refusalOf } from "./told-capabilities.ts";
import type { Source, Traffic } from "./traffic.ts";

export interface SourceEventsOptions {
  /** Made by the first event, because the connection comes to be while it already tells. */
  readonly source: () => Source;
  readonly traffic: Traffic;
  /** What the backend was told that its client can do. */
  readonly told: ClientCapabilities;
  readonly onClosed: (fault: TransportFault) => void;
}

export function sourceEvents({ source, traffic, told, onClosed }: SourceEventsOptions): ConnectionEvents {
  return {
    onReply: (owner, message, envelope) => traffic.reply(source(), owner, message, envelope),
    onFailure: (owner, error) => traffic.failure(source(), owner, error),
    onNotification: (message, owner) => traffic.notification(source(), message, owner),
    onReverse: (reference, message, idStart, idLength, owner) => {
      const envelope = readEnvelope(message);
      const isOwn = source().instance !== undefined;
      const refusal =
        envelope?.kind === "request"
          ? refusalOf({ method: envelope.method, told, isOwn, hasOwner: owner !== undefined })
          : undefined;
      if (refusal === undefined) traffic.reverse(source(), reference, message, idStart, idLength, owner);
      else source().connection.answer(reference, errorBody(toJsonRpcError(refusal)));
    },
    onReverseCancel: (reference) => traffic.reverseCancel(source(), reference),
    onClosed,
  };
}
