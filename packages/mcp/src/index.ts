export { type Envelope, type ResponseEnvelope, readEnvelope, readIntegerId } from "./envelope.ts";
export { exactNumberText, mayHoldInexactNumbers, parseExact } from "./exact-json.ts";
export { declaresExtension, Extension, relayedExtensions } from "./extensions.ts";
export { hopMemberSpans, hopMembers } from "./hop-members.ts";
export { jsonDepthWithin } from "./json-depth.ts";
export { arrayElementSpans, memberSpans, replaceStringMember, type Span, skipValue } from "./json-spans.ts";
export {
  type ClassifiedMessage,
  classifyMessage,
  errorReply,
  idBytes,
  JsonRpcCode,
  type JsonRpcError,
  type JsonRpcId,
  type JsonRpcMessage,
  type JsonRpcNotification,
  type JsonRpcParams,
  type JsonRpcRequest,
  type JsonRpcResult,
  notificationMessage,
  resultReply,
} from "./jsonrpc.ts";
export { LineSplitter, type LineSplitterOptions } from "./lines.ts";
export { type MessageChanges, MessageView } from "./message-view.ts";
export { isKnownMethod, Method, methodExistsIn, Notification } from "./methods.ts";
export { aliasName, exposedName, ownName } from "./names.ts";
export { type Changes, elementSpans, ObjectView } from "./object-view.ts";
export { applyEdits, applyOwnEdits, type Edit, namedMembers, resultStart } from "./result-edits.ts";
export {
  isSessionRevision,
  latestSessionRevision,
  negotiateRevision,
  type SessionRevision,
  sessionRevisions,
  statelessRevision,
} from "./revisions.ts";
export { type InitializeResult, initializeResultFault, isInitializeResult } from "./shapes.ts";
export { changingBytesMax, SharedBody } from "./shared-body.ts";
export {
  errorBody,
  idlessBody,
  resultBody,
  spliceId,
  spliceOwnId,
  withIdBytes,
  withRequestId,
} from "./splice.ts";
export {
  encodeSseComment,
  encodeSseEvent,
  encodeSseMessage,
  type SseEvent,
  type SseEventFields,
  SseParser,
  type SseParserOptions,
} from "./sse.ts";
export { uriTemplateMatcher } from "./uri-template.ts";
