/**
 * The shapes of the few messages that are read here, checked at the door. Only what is used is demanded; further
 * fields are always allowed, and they stay.
 */
import { type Static, Type } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";

const OpenObject = Type.Record(Type.String(), Type.Unknown());

const Implementation = Type.Object({ name: Type.String(), version: Type.String() });

/** A backend's answer to `initialize`. */
export const InitializeResult = Type.Object({
  protocolVersion: Type.String(),
  capabilities: OpenObject,
  serverInfo: Implementation,
  instructions: Type.Optional(Type.String()),
});
export type InitializeResult = Static<typeof InitializeResult>;

/** A client's `initialize`. */
export const InitializeParams = Type.Object({
  protocolVersion: Type.String(),
  capabilities: OpenObject,
  clientInfo: Implementation,
});
export type InitializeParams = Static<typeof InitializeParams>;

const Cursor = Type.Optional(Type.String());
const NamedItem = Type.Object({ name: Type.String() });

export const ToolsListResult = Type.Object({ tools: Type.Array(NamedItem), nextCursor: Cursor });
export type ToolsListResult = Static<typeof ToolsListResult>;

export const PromptsListResult = Type.Object({ prompts: Type.Array(NamedItem), nextCursor: Cursor });
export type PromptsListResult = Static<typeof PromptsListResult>;

export const ResourcesListResult = Type.Object({
  resources: Type.Array(Type.Object({ uri: Type.String() })),
  nextCursor: Cursor,
});
export type ResourcesListResult = Static<typeof ResourcesListResult>;

export const ResourceTemplatesListResult = Type.Object({
  resourceTemplates: Type.Array(Type.Object({ uriTemplate: Type.String() })),
  nextCursor: Cursor,
});
export type ResourceTemplatesListResult = Static<typeof ResourceTemplatesListResult>;

/** The head of any list result: a page's cursor. */
export const ListResultHead = Type.Object({ nextCursor: Cursor });
export type ListResultHead = Static<typeof ListResultHead>;

const RequestId = Type.Union([Type.String(), Type.Number()]);

export const ProgressParams = Type.Object({
  progressToken: RequestId,
  progress: Type.Number(),
  total: Type.Optional(Type.Number()),
  message: Type.Optional(Type.String()),
});
export type ProgressParams = Static<typeof ProgressParams>;

/** The specification demands `requestId`, except where a task is cancelled; without one there is nothing to do. */
export const CancelledParams = Type.Object({
  requestId: RequestId,
  reason: Type.Optional(Type.String()),
});
export type CancelledParams = Static<typeof CancelledParams>;

export const LogMessageParams = Type.Object({
  level: Type.String(),
  logger: Type.Optional(Type.String()),
  data: Type.Unknown(),
});
export type LogMessageParams = Static<typeof LogMessageParams>;

export const initializeResultCheck: TypeCheck<typeof InitializeResult> =
  TypeCompiler.Compile(InitializeResult);
export const initializeParamsCheck: TypeCheck<typeof InitializeParams> =
  TypeCompiler.Compile(InitializeParams);
export const toolsListResultCheck: TypeCheck<typeof ToolsListResult> = TypeCompiler.Compile(ToolsListResult);
export const promptsListResultCheck: TypeCheck<typeof PromptsListResult> =
  TypeCompiler.Compile(PromptsListResult);
export const resourcesListResultCheck: TypeCheck<typeof ResourcesListResult> =
  TypeCompiler.Compile(ResourcesListResult);
export const resourceTemplatesListResultCheck: TypeCheck<typeof ResourceTemplatesListResult> =
  TypeCompiler.Compile(ResourceTemplatesListResult);
export const listResultHeadCheck: TypeCheck<typeof ListResultHead> = TypeCompiler.Compile(ListResultHead);
export const progressParamsCheck: TypeCheck<typeof ProgressParams> = TypeCompiler.Compile(ProgressParams);
export const cancelledParamsCheck: TypeCheck<typeof CancelledParams> = TypeCompiler.Compile(CancelledParams);
export const logMessageParamsCheck: TypeCheck<typeof LogMessageParams> =
  TypeCompiler.Compile(LogMessageParams);

/** The first thing that does not fit, for people: `/serverInfo/name: Expected string`. */
export function shapeFault(check: Pick<TypeCheck<typeof ListResultHead>, "Errors">, value: unknown): string {
  const first = check.Errors(value).First();
  return first === undefined ? "" : `${first.path === "" ? "/" : first.path}: ${first.message}`;
}
