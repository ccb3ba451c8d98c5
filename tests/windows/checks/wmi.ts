/** What the server `wmi` must do with a real WMI. */
import { type Check, equal, holds } from "./check.ts";
import { type Answer, ServerClient } from "./server-client.ts";

type Call = (given: Readonly<Record<string, unknown>>) => Promise<Answer>;
type Row = Readonly<Record<string, unknown>>;

function check(name: string, run: (call: Call) => Promise<unknown>): Check {
  return {
    name,
    run: async () => {
      await using server = await ServerClient.open("wmi");
      return await run((given) => server.call(given));
    },
  };
}

function rowsOf(answer: Answer): readonly Row[] {
  if (answer.isError) throw new Error(answer.text);
  // The client has checked it against the tool's outputSchema.
  return answer.structured["rows"] as readonly Row[];
}

async function system(call: Call): Promise<string> {
  const properties = ["Caption", "version", "LastBootUpTime", "TotalVisibleMemorySize"];
  const answer = await call({ wmi_class: "Win32_OperatingSystem", properties });
  const [row] = rowsOf(answer);
  holds(String(row?.["Caption"]).includes("Windows"), `Caption: ${String(row?.["Caption"])}`);
  holds(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u.test(String(row?.["LastBootUpTime"])), "a date in ISO 8601");
  holds(/^\d+$/u.test(String(row?.["TotalVisibleMemorySize"])), "a 64-bit number as a string");
  equal(typeof row?.["TotalVisibleMemorySize"], "string", "its type");
  equal(
    Object.keys(row ?? {}).map((name) => name.toLowerCase()),
    properties.map((name) => name.toLowerCase()),
    "columns",
  );
  equal(JSON.parse(answer.text), rowsOf(answer), "the text is the rows");
  return `${String(row?.["Caption"])}, through ${String(answer.structured["engine"])}`;
}

async function filters(call: Call): Promise<string> {
  const answer = await call({ wmi_class: "Win32_Process", properties: ["Name", "ProcessId"], limit: 10_000 });
  const all = rowsOf(answer);
  const [name] = all.map((row) => String(row["Name"])).filter((known) => /bun/iu.test(known));
  holds(name !== undefined, "this process is in the list");
  const filtered: readonly (readonly [string, (row: Row) => boolean])[] = [
    [`Name = '${name}'`, (row) => row["Name"] === name],
    [`name = "${name}" and processid > 0`, (row) => row["Name"] === name],
    [`NOT Name = '${name}'`, (row) => row["Name"] !== name],
    [`Name LIKE '%bun%' OR Name LIKE '%no such%'`, (row) => /bun/iu.test(String(row["Name"]))],
    [`(ProcessId >= 0) AND (Name = '${name}' OR Name = 'x\\'y')`, (row) => row["Name"] === name],
    ["ProcessId < 0", () => false],
  ];
  for (const [filter, isRight] of filtered) {
    const found = rowsOf(
      await call({ wmi_class: "Win32_Process", properties: ["Name", "ProcessId"], filter }),
    );
    holds(found.every(isRight), `${filter} gave ${JSON.stringify(found).slice(0, 300)}`);
    if (filter !== "ProcessId < 0") holds(found.length > 0, `${filter} gave nothing`);
  }
  return `${filtered.length} filters, ${all.length} processes`;
}

async function limits(call: Call): Promise<void> {
  const one = await call({ wmi_class: "Win32_Process", properties: ["Name"], limit: 1 });
  equal([rowsOf(one).length, one.structured["hasMore"]], [1, true], "one of several");
  const all = await call({ wmi_class: "Win32_OperatingSystem", properties: ["Caption"], limit: 5 });
  equal([rowsOf(all).length, all.structured["hasMore"]], [1, false], "all there are");
}

async function errors(call: Call): Promise<string> {
  const told: string[] = [];
  const wrong: readonly Row[] = [
    { wmi_class: "Win32_OperatingSystem", namespace: "root\\no_such_namespace" },
    { wmi_class: "Win32_NoSuchClass" },
    { wmi_class: "Win32_Process", filter: "NoSuchProperty = 1" },
  ];
  for (const given of wrong) {
    const answer = await call(given);
    holds(answer.isError, `${JSON.stringify(given)} is an error`);
    holds(/0x8[0-9A-F]{7}/u.test(answer.text), `${answer.text} has a number`);
    told.push(/\((\w+)\)/u.exec(answer.text)?.[1] ?? answer.text.split("\n", 1)[0] ?? "");
  }
  return told.join(", ");
}

export const wmiChecks: readonly Check[] = [
  check("the operating system", system),
  check("every property of a class", async (call) => {
    const [row] = rowsOf(await call({ wmi_class: "Win32_OperatingSystem" }));
    holds(Object.keys(row ?? {}).length > 20, `only ${Object.keys(row ?? {}).length} properties`);
    return `${Object.keys(row ?? {}).length} properties`;
  }),
  check("filters select", filters),
  check("limits are kept", limits),
  check("errors have their number and meaning", errors),
];
