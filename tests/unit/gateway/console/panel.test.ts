/** The start panel and the summary as lines: what they say, at which width, and that nothing hostile gets in. */
import { describe, expect, test } from "bun:test";
import { displayWidth, firstLine, fitText, plainText } from "@mcp-gateway/kit/terminal-text";
import fc from "fast-check";
import { commandLine, withCommandLines } from "../../../../apps/gateway/src/console/command-line.ts";
import {
  claudeCommand,
  localAddress,
  outsideAddress,
} from "../../../../apps/gateway/src/console/connect-lines.ts";
import { type PanelFacts, startPanel } from "../../../../apps/gateway/src/console/panel.ts";
import { serverLines } from "../../../../apps/gateway/src/console/server-lines.ts";
import { summaryPanel } from "../../../../apps/gateway/src/console/summary.ts";
import { aFault, aServer, aStatus, aTool, noNames } from "./reports.ts";

const seed = process.env["MCP_GATEWAY_SEED"];
const propertyOptions = { numRuns: 1_000, ...(seed === undefined ? {} : { seed: Number(seed) }) };
const widths = [60, 80, 120];

const facts: PanelFacts = {
  host: "127.0.0.1",
  port: 9000,
  machineAddresses: ["127.0.0.1", "fe80::1", "169.254.3.4", "fd00::5", "192.168.1.5"],
  token: { kind: "none" },
  version: "0.1.0",
  configPath: "/home/person/gateway/config.json",
  logFile: "/home/person/gateway/logs/log_20260101_080000_INFO_gateway.log",
};

const texts = (lines: readonly { readonly text: string }[]): string =>
  lines.map(({ text }) => text).join("\n");

describe("the start panel", () => {
  test.each(widths)(
    "at width %d has both addresses, the command, the files, and nothing left of any markup",
    (width) => {
      const text = texts(startPanel(facts, width));
      for (const part of [
        "http://127.0.0.1:9000/mcp",
        "http://127.0.0.1:9000/sse",
        "claude mcp add --transport http gateway http://127.0.0.1:9000/mcp",
        facts.configPath,
        facts.logFile,
        "MCP Gateway 0.1.0",
      ]) {
        expect(text).toContain(part);
      }
      expect(text).not.toMatch(/\x1b|\[\/?\w+\]|undefined|null|`/);
      expect(text).not.toContain("0.0.0.0");
    },
  );

  test.each(widths)("at width %d only what is to be copied may be longer than the line", (width) => {
    for (const { text } of startPanel(
      { ...facts, token: { kind: "generated", path: "/state/client-token" } },
      width,
    )) {
      if (displayWidth(text) > width) expect(text).toMatch(/^ {4}(claude|\/|http)/);
    }
  });

  test("bound to all addresses it shows one to connect to, and one for other machines", () => {
    for (const host of ["0.0.0.0", "::", ""]) {
      const text = texts(startPanel({ ...facts, host }, 120));
      expect(text).toContain("http://127.0.0.1:9000/mcp");
      expect(text).toContain("http://192.168.1.5:9000/mcp");
      expect(text).not.toMatch(/0\.0\.0\.0|\[::\]/);
    }
  });

  test("addresses are ones a client can use", () => {
    expect(localAddress("::1", 9000)).toBe("http://[::1]:9000");
    expect(localAddress("192.168.1.5", 80)).toBe("http://192.168.1.5:80");
    expect(outsideAddress({ ...facts, host: "127.0.0.1" })).toBeUndefined();
    expect(
      outsideAddress({ ...facts, host: "0.0.0.0", machineAddresses: ["127.0.0.1", "::1", "fe80::1"] }),
    ).toBeUndefined();
    expect(outsideAddress({ ...facts, host: "::", machineAddresses: ["fd00::5"] })).toBe(
      "http://[fd00::5]:9000",
    );
  });

  test("a generated token is shown by its file, a configured one by its key, neither by its value", () => {
    const generated = texts(
      startPanel({ ...facts, token: { kind: "generated", path: "/my state/client-token" } }, 120),
    );
    expect(generated).toContain(`--header "Authorization: Bearer $(cat '/my state/client-token')"`);
    expect(generated).toContain("Authorization: Bearer <token>");
    expect(texts(startPanel({ ...facts, token: { kind: "configured" } }, 120))).toContain("gateway.token");
    expect(claudeCommand("http://x", { kind: "generated", path: "/it's" })).toContain(`$(cat '/it'\\''s')`);
  });
});

describe("server lines", () => {
  const servers = [
    aServer("bash", { state: "ready", tools: 1 }),
    aServer("playwright", { state: "starting", note: "downloading" }),
    aServer("remote", {
      transport: "sse",
      state: "backing-off",
      fault: aFault("connection refused"),
      nextTryAt: 4_500,
    }),
    aServer("win", { state: "skipped", note: "not for linux" }),
    aServer("服务器名称很长很长很长很长很长很长", {
      state: "ready",
      tools: 12,
      prompts: 1,
      resources: 2,
      resourceTemplates: 1,
    }),
  ];

  test.each(widths)("fit the width %d, CJK names included", (width) => {
    for (const { text } of serverLines(servers, width, 0))
      expect(displayWidth(text)).toBeLessThanOrEqual(width);
  });

  test("tell state, offer, note, fault and the next try, in columns", () => {
    const text = texts(serverLines(servers, 120, 0));
    expect(text).toMatch(/✔ bash +stdio +ready +1 tool\n/);
    expect(text).toMatch(/… playwright +stdio +starting +downloading/);
    expect(text).toMatch(/✖ remote +sse +backing-off +retry in 5s; connect: connection refused/);
    expect(text).toContain("12 tools, 2 resources, 1 resource template, 1 prompt");
    expect(text).not.toContain("said on stderr");
    const columns = serverLines(servers, 120, 0).map((line) =>
      displayWidth(line.text.split(/(?:stdio|sse)/)[0] ?? ""),
    );
    expect(new Set(columns).size).toBe(1);
  });

  test("when cut, those that need a look come first and the rest is counted", () => {
    const many = [
      ...Array.from({ length: 50 }, (_, n) => aServer(`s${n}`, { state: "ready" })),
      aServer("bad", { state: "failed" }),
    ];
    const lines = serverLines(many, 80, 0, 10);
    expect(lines).toHaveLength(11);
    expect(lines[0]?.text).toContain("bad");
    expect(lines.at(-1)?.text).toContain("… and 41 more: gateway status");
  });
});

test("the commands that lines name are called as the launcher was", () => {
  expect(commandLine("tools", {})).toBe("gateway tools");
  expect(withCommandLines("Sign in: `gateway login a`", { MCP_GATEWAY_COMMAND: "bun run gateway {}" })).toBe(
    "Sign in: bun run gateway login a",
  );
  expect(commandLine("tools", { MCP_GATEWAY_COMMAND: "bun run gateway {} --config '$&'" })).toBe(
    "bun run gateway tools --config '$&'",
  );
});

describe("the summary", () => {
  const status = aStatus({
    servers: [
      aServer("bash", { state: "ready", tools: 1, resources: 3, prompts: 2 }),
      aServer("remote", { transport: "sse", state: "backing-off", fault: aFault("connection refused") }),
    ],
  });
  const tools = [
    aTool("bash", "bash", "\n\n  Run a command.\nSecond line."),
    aTool("服务器", "浏览", "浏览网页".repeat(60)),
  ];

  test.each(widths)("fits the width %d", (width) => {
    for (const { text } of summaryPanel(
      status,
      tools,
      { resources: ["a", "b"], prompts: ["bash/x"] },
      width,
      0,
    )) {
      expect(displayWidth(text)).toBeLessThanOrEqual(width);
    }
  });

  test("leaves tools out, but for a few, where addresses and faults would be out of sight", () => {
    const many = Array.from({ length: 60 }, (_, at) => aTool("bash", `t${at}`, "x"));
    const rowsOf = (rows?: number) => summaryPanel(status, many, noNames, 80, 0, rows);
    const shown = (rows?: number) => texts(rowsOf(rows)).match(/bash\/t\d+/g)?.length;
    expect(shown()).toBe(40);
    expect(shown(1_000)).toBe(40);
    expect(rowsOf(25)).toHaveLength(25);
    expect(texts(rowsOf(25))).toContain(`… and ${60 - (shown(25) ?? 0)} more: `);
    expect(shown(5)).toBe(4);
  });

  test("has tools as server/tool with the first line, resources, prompts, and what to do about failures", () => {
    const text = texts(
      summaryPanel(status, tools, { resources: ["a", "b"], prompts: ["bash/x", "bash/y"] }, 100, 0),
    );
    expect(text).toContain("1 server ready, 1 needs attention");
    expect(text).toContain("Tools (2)");
    expect(text).toMatch(/bash\/bash +Run a command\./);
    expect(text).not.toContain("Second line");
    expect(text).toContain("服务器/浏览");
    expect(text).toContain("Resources (3)  a, b, … and 1 more");
    expect(text).toContain("Prompts (2)  bash/x, bash/y");
    expect(text).toContain("remote: connect: connection refused");
    expect(text).toContain("    │ said on stderr\n    → Start the program, or check its url.");
  });

  test("a long list of tools ends in a count", () => {
    const many = Array.from({ length: 100 }, (_, n) => aTool("s", `t${n}`, "d"));
    const lines = summaryPanel(status, many, noNames, 80, 0);
    expect(texts(lines)).toContain("… and 60 more: gateway tools");
    expect(lines.filter(({ text }) => text.includes("s/t"))).toHaveLength(40);
  });

  test("without servers it says so", () => {
    expect(texts(summaryPanel(aStatus(), [], noNames, 80, 0))).toContain("No servers are configured");
  });

  test.each([
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil\x1b\\link",
    "a\rb",
    "a\x08b",
    "\x9b2J",
    "\u202eabc",
    "\u{e0041}x",
    "\x1bcx",
  ])("hostile text %j reaches no terminal", (hostile) => {
    const bad = aStatus({
      servers: [
        aServer(hostile, { state: "failed", fault: aFault(hostile, hostile, hostile), note: hostile }),
      ],
    });
    const text = texts(
      summaryPanel(
        bad,
        [aTool(hostile, hostile, hostile)],
        { resources: [hostile], prompts: [hostile] },
        80,
        0,
      ),
    );
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]|[\u{e0000}-\u{e007f}]/u);
    expect(text).not.toMatch(/\[31m|\[0m|0;title|\[2J/);
  });
});

describe("text", () => {
  test("fitText never exceeds the width and changes nothing that fits", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("中文字符串测试", "👨‍👩‍👧‍👦 family", "e\u0301e\u0301e\u0301"),
    );
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (raw, width) => {
        const clean = plainText(raw);
        const fitted = fitText(clean, width);
        expect(displayWidth(fitted)).toBeLessThanOrEqual(width);
        if (displayWidth(clean) <= width) expect(fitted).toBe(clean);
      }),
      propertyOptions,
    );
  });

  test("plainText leaves one line without anything a terminal acts on", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (raw) => {
        expect(plainText(raw)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
      }),
      propertyOptions,
    );
  });

  test("firstLine is the first that says something", () => {
    expect(firstLine("")).toBe("");
    expect(firstLine("\n \r\n\x1b[1m\n  Reads   a file.  \nMore")).toBe("Reads a file.");
    expect(firstLine(`${"\n".repeat(1_000_000)}x`)).toBe("");
  });

  test("a description of megabytes costs nothing noticeable", () => {
    const startMs = performance.now();
    fitText(firstLine("x".repeat(5_000_000)), 80);
    firstLine("\x1b]".repeat(500_000));
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });
});
