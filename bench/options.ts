/** What the command line asks for. */
import { parseArgs } from "node:util";

export interface Options {
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Empty: all. */
  readonly scenarios: readonly string[];
  readonly targets: readonly string[];
  readonly withPeers: boolean;
  readonly jsonFile: string | undefined;
  readonly wantsHelp: boolean;
}

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      scenario: { type: "string", multiple: true, default: [] },
      target: { type: "string", multiple: true, default: [] },
      "no-peers": { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a number from 1");
  return {
    isQuick: values.quick,
    rounds,
    scenarios: values.scenario.flatMap(separated),
    targets: values.target.flatMap(separated),
    withPeers: !values["no-peers"] && !values.quick,
    jsonFile: values.json,
    wantsHelp: values.help,
  };
}

function separated(list: string): string[] {
  return list.split(",").filter((name) => name !== "");
}
