/** A service and its units, as lines. Pure. */
import { printable } from "@mcp-gateway/kit/terminal-text";
import { shellWord } from "../invocation.ts";
import type { FileToWrite } from "../service/account.ts";
import { managerFlag, type ServicePlan, type ServiceScope, variableFiles } from "../service/service-plan.ts";
import { isTarget, type UnitState } from "../service/unit-states.ts";
import type { Paint } from "../terminal.ts";
import { type Cell, type Column, table } from "./table.ts";

export interface ServiceViewContext {
  readonly paint: Paint;
  readonly width: number;
  readonly isRoot: boolean;
}

/** `--print`: each file under its name. */
export function fileLines(files: readonly FileToWrite[]): readonly string[] {
  return files.flatMap(({ path, text }, at) => [
    ...(at === 0 ? [] : [""]),
    `# ${path}`,
    ...text.trimEnd().split("\n"),
  ]);
}

const columns: readonly Column[] = [
  { title: "UNIT" },
  { title: "STATE" },
  { title: "PID", align: "right", dropOrder: 2 },
  { title: "↺", align: "right", dropOrder: 1 },
  { title: "SAYS", widthMin: 20 },
];

export function serviceLines(
  scope: ServiceScope,
  name: string,
  states: readonly UnitState[],
  { paint, width, isRoot }: ServiceViewContext,
): readonly string[] {
  const target = states.find(isTarget);
  const services = states.filter((state) => !isTarget(state));
  const { word, colour } = overall(services, paint);
  const whose = scope === "user" ? "a service of your own" : "a service of the system";
  const rows = services.map((state): readonly Cell[] => [
    { text: state.unit },
    { text: stateText(state), paint: colourOf(state, paint) },
    { text: state.pid === 0 ? "–" : String(state.pid) },
    { text: String(state.restarts) },
    { text: state.state === "active" ? printable(state.says) : "" },
  ]);
  const hints = commandsOf(scope, name, isRoot);
  return [
    `${colour("●")} ${paint.bold(`MCP Gateway ${word}`)}, ${whose}${target?.isEnabled === true ? ` that starts ${scope === "user" ? "with your login" : "with the machine"}` : " that does not start by itself"}`,
    "",
    ...table(columns, rows, width - 2, paint.dim).map((line) => `  ${line}`),
    "",
    ...hints.map((hint) => `  ${paint.dim("→")} ${hint}`),
  ];
}

function overall(
  services: readonly UnitState[],
  paint: Paint,
): { word: string; colour: (text: string) => string } {
  const active = services.filter(({ state }) => state === "active").length;
  if (services.length > 0 && active === services.length) return { word: "runs", colour: paint.green };
  if (active > 0) return { word: "runs in part", colour: paint.yellow };
  return { word: "does not run", colour: paint.red };
}

function stateText({ state, detail, result }: UnitState): string {
  if (state === "active") return state;
  const reason = result === "success" ? detail : result;
  return reason === "" || reason === state ? state : `${state} (${reason})`;
}

function colourOf({ state }: UnitState, paint: Paint): (text: string) => string {
  if (state === "active") return paint.green;
  return state === "failed" ? paint.red : paint.yellow;
}

function commandsOf(scope: ServiceScope, name: string, isRoot: boolean): readonly string[] {
  const flags = managerFlag(scope)
    .map((flag) => ` ${flag}`)
    .join("");
  const sudo = scope === "system" && !isRoot ? "sudo " : "";
  return [
    `${sudo}systemctl${flags} restart ${name}.target`,
    `${sudo}journalctl${flags} ${scope === "user" ? "--user-unit" : "--unit"} '${name}*' --follow`,
  ];
}

/** After an installation. */
export function installedLines(
  plan: ServicePlan,
  states: readonly UnitState[],
  facts: ServiceViewContext & { readonly lingers: boolean; readonly userName: string },
): readonly string[] {
  const { servers } = variableFiles(plan.variablesDirectory);
  const account = plan.account === undefined ? "" : ` It runs as the user ${plan.account.user}.`;
  const notes = [
    `Secrets that the configuration names as \${NAME}: ${servers}, as NAME=value, then restart.`,
    ...(plan.scope === "user" && !facts.lingers
      ? [
          `It ends when you log out. To keep it running: sudo loginctl enable-linger ${shellWord(facts.userName)}`,
        ]
      : []),
    ...(plan.runtime.includes("/_npx/")
      ? ["This Bun lies in the cache of npx, which may be cleared: install Bun, and then this once more."]
      : []),
  ];
  return [
    ...serviceLines(plan.scope, plan.name, states, facts),
    "",
    `  Servers find their programs on ${plan.searchPath}.${account}`,
    ...notes.map((note) => `  ${note}`),
  ];
}
