/**
 * What clients are known not to cope with, said before somebody wonders where the tools went. Pure. The numbers
 * are the clients' own (docs/clients.md); the name under which they know this gateway is taken to be `gateway`.
 */

interface CountLimit {
  readonly toolsMax: number;
  readonly client: string;
}

const countLimits: readonly CountLimit[] = [
  { toolsMax: 40, client: "Cursor" },
  { toolsMax: 100, client: "Windsurf" },
  { toolsMax: 128, client: "VS Code" },
];

interface NameLimit {
  readonly client: string;
  /** Longest exposed name that still fits once the client has put its own prefix before it. */
  readonly charsMax: number;
  readonly what: string;
}

const nameLimits: readonly NameLimit[] = [
  {
    client: "Cursor",
    charsMax: 60 - "gateway".length,
    what: "leaves out names beyond 60 characters with the server's",
  },
  {
    client: "Claude Code and Codex",
    charsMax: 64 - "mcp__gateway__".length,
    what: "may shorten or refuse names beyond 64 characters with `mcp__gateway__` before them",
  },
];

const examplesMax = 3;

const hasOtherCharacters = (name: string): boolean => !/^[A-Za-z0-9_-]+$/.test(name);
const charsMaxOfAll = Math.min(...nameLimits.map(({ charsMax }) => charsMax));

/** The exposed names that a warning could be about; of most servers none. */
export function notableNames(names: readonly string[]): readonly string[] {
  return names.filter((name) => name.length > charsMaxOfAll || hasOtherCharacters(name));
}

/**
 * @param toolCount how many tools there are
 * @param notable the notable ones of their exposed names
 */
export function clientLimitWarnings(toolCount: number, notable: readonly string[]): readonly string[] {
  const warnings: string[] = [];
  for (const { toolsMax, client } of countLimits) {
    if (toolCount > toolsMax) warnings.push(`${toolCount} tools: ${client} takes at most ${toolsMax}`);
  }
  for (const { client, charsMax, what } of nameLimits) {
    const long = notable.filter((name) => name.length > charsMax);
    if (long.length > 0)
      warnings.push(`${long.length} long tool ${namesOf(long)}: ${client} ${what} (${examples(long)})`);
  }
  const slashed = notable.filter(hasOtherCharacters);
  if (slashed.length > 0) {
    warnings.push(
      `${slashed.length} tool ${namesOf(slashed)} with other characters than letters, digits, _ and -: Claude Desktop drops all tools for one of them (${examples(slashed)})`,
    );
  }
  return warnings;
}

function namesOf(names: readonly string[]): string {
  return names.length === 1 ? "name" : "names";
}

function examples(names: readonly string[]): string {
  const shown = names.slice(0, examplesMax).join(", ");
  return names.length > examplesMax ? `${shown}, …` : shown;
}
