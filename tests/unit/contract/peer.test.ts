/** A connection that has ended takes no more frames, however that was found out. */
import { expect, test } from "bun:test";
import { FrameKind, Peer } from "@mcp-gateway/contract";

test("a peer whose write finds the other end gone is closed before its socket says so", async () => {
  let isGone = false;
  const socket = { write: (bytes: Uint8Array) => (isGone ? -1 : bytes.length), end: () => undefined };
  const peer = new Peer(socket as never, {
    onFrame: () => undefined,
    onClose: () => undefined,
    onDrain: () => undefined,
  });
  const frame = { kind: FrameKind.call, payload: new Uint8Array(100_000) };
  expect(peer.send(frame)).toBe(true);
  await Promise.resolve();
  expect(peer.isClosed).toBe(false);
  isGone = true;
  peer.send(frame);
  await Promise.resolve();
  expect(peer.isClosed).toBe(true);
  expect(peer.send(frame)).toBe(false);
});
