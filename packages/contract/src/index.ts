export { ensureTokenFile, type LinkAddress, linkAddress, linkToken } from "./address.ts";
export { bodyOfCall, type CallHeaders, headersOfCall } from "./call-headers.ts";
export {
  BackendDrops,
  BackendFault,
  BackendPhase,
  BackendState,
  ConfigState,
  DropCounts,
  FromSupervisor,
  Hello,
  Operation,
  OperationDone,
  OperationRequest,
  PeerRole,
  readFromSupervisor,
  readToSupervisor,
  Snapshot,
  ToSupervisor,
  Transport,
  Welcome,
  writeControl,
} from "./control.ts";
export {
  decodeFrameHeader,
  encodeFrameHeader,
  type Frame,
  type FrameFields,
  FrameFlag,
  FrameKind,
  flagsOf,
  frameHeaderBytes,
} from "./frame.ts";
export { FrameDecoder } from "./frame-decoder.ts";
export { type ByteSink, FrameWriter } from "./frame-writer.ts";
export { OpenInstance, readOpenInstance, writeOpenInstance } from "./instance.ts";
export { Peer, type PeerData, type PeerEvents, peerSocketHandlers } from "./peer.ts";
export { RingReader, RingWriter, ringHeadBytes, ringMarkBytes } from "./ring.ts";
export { openOfferedRing, RingOffer, ringMemoryName, writeRingOffer } from "./ring-offer.ts";
export {
  OperationReport,
  OverallState,
  RunFile,
  ServerStatus,
  StatusReport,
  ToolReport,
  WorkerStatus,
} from "./status.ts";
export { tellingLines } from "./telling-lines.ts";
export { contractVersion } from "./version.ts";
