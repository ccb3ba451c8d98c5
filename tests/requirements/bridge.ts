/** How each feature is served where client and backend are of one era or of two. */
import type { Era } from "./grid.ts";
import { cellsOf, type Feature, type Manifest } from "./requirement.ts";

/** `client→backend`. */
export const bridgeCells = [
  "session→session",
  "session→stateless",
  "stateless→session",
  "stateless→stateless",
] as const;
export type BridgeCell = (typeof bridgeCells)[number];

export interface Bridged {
  readonly feature: Feature;
  readonly how: Readonly<Record<BridgeCell, string>>;
}

const asIs = "forwarded; the result is byte-true";
const headers = "forwarded with `_meta`, `Mcp-Method`, `Mcp-Name` and `Mcp-Param-*` made for this hop";
const completed = "forwarded; `resultType` and the identity are put into the result's bytes";
const prepared = "prepared bytes, read when the server says that they changed";
const asked = "the server's request is put to the client on its call's own stream, under an id of this hop";
const inputs = "`input_required` becomes requests to the client; the call goes out again with the answers";
const parked =
  "the call is parked and answered `input_required`; the retry's answer goes to the waiting server";
const rounds =
  "`input_required` of this hop, with a sealed state; the retry makes the call again with the answers";

export const bridged: readonly Bridged[] = [
  row("tools", asIs, headers, completed, `${headers}; ${completed}`),
  row("resources", asIs, headers, `${completed}, with \`ttlMs: 0\``, headers),
  row("prompts", asIs, headers, completed, headers),
  row("completion", asIs, headers, completed, headers),
  row(
    "lists",
    prepared,
    prepared,
    `${prepared}, with \`ttlMs\` and \`cacheScope\``,
    `${prepared}, with \`ttlMs\` and \`cacheScope\``,
  ),
  row(
    "changes",
    "`list_changed` of a server becomes one to each session",
    "heard on one `subscriptions/listen` per server, told to each session",
    "told on the client's `subscriptions/listen`",
    "heard on one `subscriptions/listen` per server, told on the client's",
  ),
  row(
    "progress",
    "tokens are of each hop",
    "tokens are of each hop",
    "on the request's own stream, tokens are of each hop",
    "on the request's own stream, tokens are of each hop",
  ),
  row(
    "logging",
    "`setLevel` upstream is the most talkative client's; each client's own level decides what it gets",
    "the client's level goes with each request (`logLevel`)",
    "the request's level is set upstream while it lives, and decides what comes on its stream",
    "the request's level goes with it",
  ),
  row(
    "cancellation",
    "`notifications/cancelled` with the id of each hop",
    "the HTTP stream is left, on stdio `notifications/cancelled`",
    "a closed connection becomes `notifications/cancelled`",
    "a closed connection closes the next one, on stdio `notifications/cancelled`",
  ),
  row(
    "subscriptions",
    "counted: one `subscribe` per resource, updates to those who watch",
    "`subscribe` becomes part of the server's `subscriptions/listen`",
    "the client's filter becomes counted `subscribe`s",
    "the client's filter becomes part of the server's `subscriptions/listen`",
  ),
  row("elicitation", asked, inputs, parked, rounds),
  row("sampling", asked, inputs, parked, rounds),
  row("roots", `${asked}; refused on a shared pipe`, inputs, `${parked}; refused on a shared pipe`, rounds),
];

function row(feature: Feature, ...how: readonly [string, string, string, string]): Bridged {
  const [sessions, toStateless, toSession, stateless] = how;
  return {
    feature,
    how: {
      "session→session": sessions,
      "session→stateless": toStateless,
      "stateless→session": toSession,
      "stateless→stateless": stateless,
    },
  };
}

/** The requirements that show a feature where client and backend are of these eras. */
export function shownBy(manifest: Manifest, feature: Feature, cell: BridgeCell): readonly string[] {
  const [client, backend] = cell.split("→") as [Era, Era]; // The names are made of two eras.
  return Object.entries(manifest)
    .filter(([id, requirement]) => {
      if (requirement.feature !== feature) return false;
      return cellsOf(id, requirement).some(
        (one) => one.because === undefined && one.client.era === client && one.backend?.era === backend,
      );
    })
    .map(([id]) => id);
}
