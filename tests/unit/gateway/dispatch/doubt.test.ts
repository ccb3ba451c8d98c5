/** Another worker's calls stand in the way of a question: whoever may know a way out here is told. */
import { expect, test } from "bun:test";
import { type BackendState, type Frame, FrameKind } from "@mcp-gateway/contract";
import { ReverseRequests } from "../../../../apps/gateway/src/dispatch/reverse.ts";

test("a doubt of the present incarnation is passed on, one of an earlier is not", () => {
  const backend = { index: 3, epoch: 7, name: "shared" } as BackendState; // All that is looked at.
  const parts = { mirror: { byIndex: (index: number) => (index === 3 ? backend : undefined) } };
  // A doubt touches nothing else.
  const reverse = new ReverseRequests(parts as unknown as ConstructorParameters<typeof ReverseRequests>[0]);
  const doubts: number[] = [];
  reverse.onDoubt = (index) => doubts.push(index);
  const frame = (of: number, epoch: number): Frame => ({
    kind: FrameKind.doubt,
    flags: 0,
    backend: of,
    epoch,
    call: 0,
    instance: 0,
    reference: 0,
    idStart: 0,
    idLength: 0,
    roomBytes: 0,
    payload: new Uint8Array(),
  });
  reverse.onFrame(frame(3, 6));
  reverse.onFrame(frame(4, 7));
  expect(doubts).toEqual([]);
  reverse.onFrame(frame(3, 7));
  expect(doubts).toEqual([3]);
});
