/**
 * The shape of what is read of a backend's handshake, checked at the door. Only what is used is demanded; further
 * fields are always allowed, and they stay.
 */
import { type Static, Type } from "@sinclair/typebox";
import { Errors } from "@sinclair/typebox/errors";
import { Check } from "@sinclair/typebox/value";

/** A backend's answer to `initialize`. */
const InitializeResult = Type.Object({
  protocolVersion: Type.String(),
  capabilities: Type.Record(Type.String(), Type.Unknown()),
  serverInfo: Type.Object({ name: Type.String(), version: Type.String() }),
  instructions: Type.Optional(Type.String()),
});
export type InitializeResult = Static<typeof InitializeResult>;

export function isInitializeResult(value: unknown): value is InitializeResult {
  return Check(InitializeResult, value);
}

/** The first thing that does not fit, for people: `/serverInfo/name: Expected string`. */
export function initializeResultFault(value: unknown): string {
  const first = Errors(InitializeResult, [], value).First();
  return first === undefined ? "" : `${first.path === "" ? "/" : first.path}: ${first.message}`;
}
