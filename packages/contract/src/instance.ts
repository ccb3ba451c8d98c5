/** What opening a connection of one client session's own needs to say (frame kind `open`). */
import { type Static, Type } from "@sinclair/typebox";
import { Check } from "@sinclair/typebox/value";

export const OpenInstance = Type.Object({
  /** What the client declared; the backend is told the same. */
  capabilities: Type.Record(Type.String(), Type.Unknown()),
});
export type OpenInstance = Static<typeof OpenInstance>;

const decoder = new TextDecoder();

/** @returns undefined when the payload is no such message */
export function readOpenInstance(payload: Uint8Array): OpenInstance | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(payload));
    return Check(OpenInstance, value) ? value : undefined;
  } catch {
    return undefined; // Not JSON: as good as a message of no known shape.
  }
}

export function writeOpenInstance(message: OpenInstance): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}
