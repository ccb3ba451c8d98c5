/** Checks what came from outside against the shapes of status.ts. Apart from the index: only the CLI reads. */
import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { OperationReport, RunFile, StatusReport, ToolReport } from "./status.ts";

export const readStatusReport = (value: unknown): StatusReport | undefined => checked(StatusReport, value);
export const readToolReport = (value: unknown): ToolReport | undefined => checked(ToolReport, value);
export const readOperationReport = (value: unknown): OperationReport | undefined =>
  checked(OperationReport, value);
export const readRunFile = (value: unknown): RunFile | undefined => checked(RunFile, value);

function checked<T extends TSchema>(schema: T, value: unknown): Static<T> | undefined {
  return Value.Check(schema, value) ? value : undefined;
}
