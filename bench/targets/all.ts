/** Every target, in the order of the tables. */
import type { Peers } from "../report/goals.ts";
import { directKind, gatewayKind, pumpKind } from "./own.ts";
import { peers } from "./peers.ts";
import type { TargetKind } from "./target.ts";

export const ownKinds: readonly TargetKind[] = [
  directKind,
  pumpKind,
  gatewayKind("sse"),
  gatewayKind("mcp"),
  gatewayKind("stateless"),
  gatewayKind("mcp", 2),
];

export const allRows: readonly TargetKind[] = [...ownKinds, ...peers];

const aggregating = peers.filter(({ manyBackends }) => manyBackends);

export const aggregatingPeers: Peers = {
  aggregating: aggregating.map(({ id }) => id),
  fromNpm: aggregating.filter(({ isFromNpm }) => isFromNpm).map(({ id }) => id),
};
