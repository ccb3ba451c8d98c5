/** `docs/protocol.md`, made from the manifest. */
import { bridgeCells, bridged, shownBy } from "./bridge.ts";
import { backendCells, clientCells, impossibleClients } from "./grid.ts";
import { manifest } from "./manifest/index.ts";
import { cellsOf, type Feature, type Requirement, specLinks } from "./requirement.ts";

export function protocolPage(): string {
  const cells = Object.entries(manifest).flatMap(([id, requirement]) => [...cellsOf(id, requirement)]);
  const tested = cells.filter(({ because }) => because === undefined).length;
  return `# Protocol

Made from the manifest in \`tests/requirements\` by \`bun docs/generate.ts\`; edit it there.

${Object.keys(manifest).length} requirements have ${cells.length} cells: ${tested} are tested, ${cells.length - tested} are not applicable, each for a
reason below. \`bun run test --suite matrix\` runs every cell over a real gateway and fails when one has neither a test
that ran and passed nor a reason.

## The axes

Ways in: ${clientCells.map(({ key }) => `\`${key}\``).join(", ")}. \`sse\` is \`/sse\`, \`http\` is \`/mcp\` with a session, \`stateless\` is \`/mcp\`
without one. ${[...new Set(impossibleClients.map(({ because }) => because))].join(" ")}

Ways out: ${[...new Set(backendCells.map(({ transport }) => `\`${transport}\``))].join(", ")}, each shared by all clients and with \`"isolation": "session"\`. The
servers are the official SDK's: v1 for sessions, v2 for the stateless revision. The clients are written by hand.

## Both eras, both sides

How each feature is served, by the era of the client and of the server, and the requirements that show it.

| feature | client | server | how it is served | shown by |
|---|---|---|---|---|
${bridged.flatMap(bridgeRows).join("\n")}

## Requirements

A number is the count of cells that are tested. Links lead to the section of each revision that has it.
${features().map(section).join("\n")}
`;
}

function bridgeRows({ feature, how }: (typeof bridged)[number]): readonly string[] {
  return bridgeCells.map((cell) => {
    const [client, backend] = cell.split("→");
    const ids = shownBy(manifest, feature, cell).map((id) => `\`${id}\``);
    return `| ${feature} | ${client} | ${backend} | ${how[cell]} | ${ids.join(", ")} |`;
  });
}

function features(): readonly Feature[] {
  return [...new Set(Object.values(manifest).map(({ feature }) => feature))];
}

function section(feature: Feature): string {
  const rows = Object.entries(manifest).filter(([, requirement]) => requirement.feature === feature);
  return `
### ${feature[0]?.toUpperCase()}${feature.slice(1)}

| id | requirement | specification | tested | not applicable |
|---|---|---|---|---|
${rows.map(([id, requirement]) => requirementRow(id, requirement)).join("\n")}`;
}

function requirementRow(id: string, requirement: Requirement): string {
  const cells = cellsOf(id, requirement);
  const tested = cells.filter(({ because }) => because === undefined).length;
  const links = specLinks(id, requirement).map(([revision, link]) => `[${revision}](${link})`);
  const counts = new Map<string, number>();
  for (const { because } of cells)
    if (because !== undefined) counts.set(because, (counts.get(because) ?? 0) + 1);
  const reasons = [...counts].map(([because, count]) => `${count}: ${because}`);
  if (requirement.noBackend !== undefined) reasons.unshift(`any server: ${requirement.noBackend}`);
  return `| \`${id}\` | ${requirement.sentence} | ${links.join(" ")} | ${tested} | ${reasons.join("<br>")} |`;
}
