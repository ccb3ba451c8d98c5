/** Hostile strings, sizes and encodings through the real servers; every one of them is counted. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { windowsDecoder } from "../../../servers/shell-core/src/index.ts";
import { type Check, equal, holds, inParallel, isWine } from "./check.ts";
import {
  argumentStrings,
  brokenCommands,
  brokenFilters,
  brokenNames,
  byteStrings,
  scripts,
  seed,
} from "./hostile-strings.ts";
import { quoted } from "./quoted.ts";
import { ServerClient } from "./server-client.ts";
import { digestLine, openStandIn } from "./stand-in.ts";

export class HostileCount {
  total = 0;

  /** @returns the note beside the check's name */
  add(count: number): string {
    this.total += count;
    return `${count} inputs, seed ${seed}`;
  }
}

export function hostileChecks(standIn: string, count: HostileCount): readonly Check[] {
  return [
    {
      name: "scripts reach PowerShell's door exactly",
      run: async () => count.add(await exactScripts(standIn)),
    },
    { name: "arguments pass through cmd.exe exactly", run: async () => count.add(await exactArguments()) },
    { name: "bytes of no encoding come back decoded", run: async () => count.add(await strangeBytes()) },
    { name: "broken commands end, and the server lives on", run: async () => count.add(await broken()) },
    {
      name: "filters and names that are no WQL are refused before any program runs",
      run: async () => count.add(await noWql()),
    },
    { name: "strings in a filter stay strings", run: async () => count.add(await filterStrings()) },
  ];
}

async function exactScripts(standIn: string): Promise<number> {
  await using server = await openStandIn(standIn);
  const texts = scripts();
  await inParallel(texts, 4, async (text) => {
    const answer = await server.call({ command: text, timeoutMs: 60_000 });
    const arrived = text.toWellFormed();
    const expected = [digestLine("inline", arrived), digestLine("file", arrived)];
    const found = String(answer.structured["stdout"] ?? answer.text).trim();
    holds(
      expected.includes(found),
      `${JSON.stringify(text).slice(0, 200)} arrived as ${found.slice(0, 300)}`,
    );
  });
  return texts.length;
}

const argumentsAtOnce = 12;

async function exactArguments(): Promise<number> {
  await using server = await ServerClient.open("cmd");
  const all = argumentStrings();
  const program = [process.execPath, join(import.meta.dir, "print-arguments.ts")].map(quoted).join(" ");
  for (let at = 0; at < all.length; at += argumentsAtOnce) {
    const some = all.slice(at, at + argumentsAtOnce);
    const answer = await server.call({ command: `${program} ${some.map(quoted).join(" ")}` });
    const line = String(answer.structured["stdout"] ?? answer.text).trim();
    equal(line.startsWith("[") ? JSON.parse(line) : line, some, "arguments");
  }
  return all.length;
}

async function strangeBytes(): Promise<number> {
  await using server = await ServerClient.open("cmd");
  const folder = mkdtempSync(join(tmpdir(), "mcp-gateway-bytes-"));
  const strings = byteStrings(36);
  const program = `"${process.execPath}" "${join(import.meta.dir, "print-bytes.ts")}"`;
  try {
    await inParallel([...strings.entries()], 4, async ([at, bytes]) => {
      const codePage = [65001, 936, 932, 950, 437, 1252][at % 6] ?? 65001;
      writeFileSync(join(folder, `${at}.bin`), bytes);
      const answer = await server.call({ command: `${program} ${at}.bin`, codePage, cwd: folder });
      equal(answer.structured["stdoutBytes"], bytes.length, `bytes of ${at}`);
      // Without a code page of its own the system's is the fallback, which is 437 here.
      const decode = windowsDecoder(codePage === 65001 ? 437 : codePage);
      equal(answer.structured["stdout"], decode(bytes), `text of ${at} in ${codePage}`);
    });
    return strings.length;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function broken(): Promise<number> {
  await using server = await ServerClient.open("cmd");
  await inParallel(brokenCommands, 4, async (command) => {
    const answer = await server.call({ command, timeoutMs: 30_000 });
    const isSaid =
      answer.structured["timedOut"] === false || answer.text.startsWith("The command was not run.");
    holds(isSaid, `${JSON.stringify(command)}: ${answer.text.slice(0, 300)}`);
  });
  equal((await server.call({ command: "echo alive" })).structured["stdout"], "alive\r\n", "afterwards");
  return brokenCommands.length;
}

async function noWql(): Promise<number> {
  await using server = await ServerClient.open("wmi");
  const calls: readonly Readonly<Record<string, unknown>>[] = [
    ...brokenFilters.map((filter) => ({ wmi_class: "Win32_Process", filter })),
    ...brokenNames.map((name) => ({ wmi_class: name })),
    // An empty list of properties, and a star, mean all of them.
    ...brokenNames
      .filter((name) => name !== "*")
      .map((name) => ({ wmi_class: "Win32_Process", properties: [name] })),
    // A namespace may have a dash in its name.
    ...brokenNames
      .filter((name) => !/^[\w-]+$/u.test(name) || name.length > 200)
      .map((name) => ({ wmi_class: "Win32_Process", namespace: `root\\${name}` })),
  ];
  for (const given of calls) {
    const answer = await server.call(given);
    holds(
      answer.isError && answer.text.startsWith("The query was not run."),
      `${JSON.stringify(given).slice(0, 200)}: ${answer.text.slice(0, 200)}`,
    );
  }
  return calls.length;
}

async function filterStrings(): Promise<number> {
  await using server = await ServerClient.open("wmi");
  const values = [
    "'",
    '"',
    "\\",
    "x' OR Name LIKE '%",
    'x" OR Name LIKE "%',
    '"); WScript.Quit(9); //',
    "*/",
    "</script>",
    "你好",
    "%00",
    '\\" OR 1=1',
    // Wine knows no escapes in a string, so one with both quotes can't be written for it.
    ...(isWine ? [] : ["'\""]),
  ];
  await inParallel(values, 2, async (value) => {
    const filter = `Name = '${value.replace(/[\\']/gu, "\\$&")}'`;
    const answer = await server.call({ wmi_class: "Win32_Process", properties: ["Name"], filter });
    equal(
      [answer.isError, answer.structured["rowCount"]],
      [false, 0],
      `${filter} (${answer.text.slice(0, 200)})`,
    );
  });
  return values.length;
}
