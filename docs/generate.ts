/**
 * Writes the pages and files that are made from the source: `bun docs/generate.ts`. With `--check` it writes nothing and
 * ends with 1 when a page is out of date.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { exampleUnits } from "../deploy/units.ts";
import { type ErrorKind, errorCatalogue } from "../packages/kit/src/index.ts";
import { protocolPage } from "../tests/requirements/page.ts";

/** Path in the repository → its content as it should be. */
export function generatedPages(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/errors.md", errorsPage(errorCatalogue)],
    ["docs/protocol.md", protocolPage()],
    ...exampleUnits(),
  ]);
}

function errorsPage(catalogue: Readonly<Record<string, ErrorKind>>): string {
  const rows = Object.entries(catalogue)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(
      ([code, { jsonrpc, http, summary, remedy }]) =>
        `| \`${code}\` | ${jsonrpc} | ${http} | ${cell(summary)} | ${cell(remedy)} |`,
    );
  return `# Errors

Made from \`packages/kit/src/error-catalogue.ts\` by \`bun docs/generate.ts\`; edit it there.

Every error the gateway itself gives carries one of these codes as \`error.data.reason\`; errors of a server behind it
keep the server's own code, message and data. JSON-RPC is the number in \`error.code\`. HTTP is the status when the
answer is not part of an event stream.

| code | JSON-RPC | HTTP | what happened | what to do |
|---|---|---|---|---|
${rows.join("\n")}
`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

if (import.meta.main) {
  const isCheck = process.argv.includes("--check");
  for (const [name, content] of generatedPages()) {
    const path = join(import.meta.dir, "..", name);
    if (!isCheck) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    } else if (!existsSync(path) || readFileSync(path, "utf8") !== content) {
      process.stderr.write(`${name} is out of date: run bun docs/generate.ts\n`);
      process.exitCode = 1;
    }
  }
}
