/** The few figures that the READMEs show, in both of their languages. */
import { machineLine } from "./machine.ts";
import { type Row, short } from "./markdown.ts";
import type { StoredReport } from "./pieces.ts";
import { ratioOf } from "./statistics.ts";

export type Language = "en" | "zh";

const columns = [
  ["call p50 µs", "call p50, one client, µs", "单客户端调用 p50，µs"],
  ["calls/s", "calls/s, 16 sessions × 4", "每秒调用数，16 会话 × 4"],
  ["1 MB p50 ms", "1 MB result, ms", "1 MB 结果，ms"],
  ["list of 1000 p50 ms", "list of 1,000 tools, ms", "列出 1,000 个工具，ms"],
  ["start, 10 backends, cold ms", "start, 10 servers, ms", "启动，10 个服务器，ms"],
  ["idle, 10 backends, RSS MB", "memory, 10 servers, MB", "内存，10 个服务器，MB"],
] as const;

const words = {
  en: {
    before:
      "Medians of one run, the same stdio server behind each; in brackets the ratio to a byte pump (HTTP → pipe → HTTP and nothing else).",
    after: "More, with the method and what is not reached: [docs/performance.md](docs/performance.md).",
  },
  zh: {
    before:
      "同一次运行的中位数，各目标后面是同一个 stdio 服务器；括号内是与字节泵（HTTP → 管道 → HTTP，别无其他）之比。",
    after: "更多数据、测量方法与未达到的目标：[docs/performance.md](docs/performance.md)。",
  },
} as const;

export function summary(report: StoredReport, rows: readonly Row[], language: Language): string {
  const { before, after } = words[language];
  const headers = columns.map(([, en, zh]) => (language === "en" ? en : zh));
  const lines = rows
    .map(({ id, label }) => ({ label, cells: columns.map(([metric]) => cell(report, metric, id)) }))
    .filter(({ cells }) => cells.some((text) => text !== ""))
    .map(({ label, cells }) => `| ${label} | ${cells.join(" | ")} |`);
  return [
    `${before} ${machineLine(report.machine)}.`,
    "",
    `| | ${headers.join(" | ")} |`,
    `|---|${headers.map(() => "---|").join("")}`,
    ...lines,
    "",
    after,
  ].join("\n");
}

const otherFronts = ["gateway-mcp", "gateway-stateless"];

/** What does not depend on the front is measured once, and stands in the rows of all of them. */
const ofTheProgram: readonly string[] = ["start, 10 backends, cold ms", "idle, 10 backends, RSS MB"];

function cell({ figures }: StoredReport, metric: string, id: string): string {
  const row = figures[metric];
  const source = ofTheProgram.includes(metric) && otherFronts.includes(id) ? "gateway-sse" : id;
  const own = row?.[source];
  const pump = row?.["pump"];
  if (own === undefined || Number.isNaN(own.median)) return "";
  const ratio = pump === undefined || id === "pump" ? "" : ` (${ratioOf(own, pump).toFixed(2)})`;
  return `${short(own.median)}${ratio}`;
}
