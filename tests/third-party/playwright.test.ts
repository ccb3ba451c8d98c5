/** `@playwright/mcp` drives Debian's Chromium through the gateway to a page served here. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Stack, startStack } from "../support/harness.ts";
import { openRawClient } from "../support/raw-client.ts";
import { tempDir } from "../support/temp-dir.ts";
import { ensureThirdParty, programs, serverRuntime } from "../support/third-party.ts";

const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const page = `<!doctype html><meta charset="utf-8"><title>Gateway test page</title>
<h1>Counter 漢字</h1><button onclick="this.textContent = 'Pressed ' + (++pressed)">Press me</button><script>let pressed = 0</script>`;

const output = tempDir("browser");
let site: ReturnType<typeof Bun.serve>;
let stack: Stack;

beforeAll(async () => {
  if (!existsSync(chromium))
    throw new Error(`no browser at ${chromium}: install Debian's chromium, or set CHROMIUM`);
  await ensureThirdParty();
  site = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } }),
  });
  const flags = [
    "--headless",
    "--isolated",
    "--no-sandbox",
    "--executable-path",
    chromium,
    "--output-dir",
    join(output.path, "out"),
  ];
  stack = await startStack({
    mcpServers: {
      playwright: { command: serverRuntime, args: [programs.playwright, ...flags], cwd: output.path },
    },
  });
}, 60_000);

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await site?.stop(true);
  output[Symbol.dispose]();
}, 30_000);

for (const front of ["mcp", "sse"] as const) {
  test(`a browser opens a page, presses a button and takes a picture, on the ${front} front`, async () => {
    await using client = await openRawClient(front === "mcp" ? stack.mcpUrl : stack.sseUrl);
    const slow = { timeoutMs: 45_000 };
    expect(await client.callText("playwright__browser_navigate", { url: site.url.href }, slow)).toContain(
      "Gateway test page",
    );
    const before = await client.callText("playwright__browser_snapshot", {}, slow);
    expect(before).toContain("Counter 漢字");
    const ref = /button "Press me" \[ref=(\w+)\]/u.exec(before)?.[1];
    expect(ref, before).toBeDefined();
    await client.callText("playwright__browser_click", { element: "Press me", target: ref, ref }, slow);
    expect(await client.callText("playwright__browser_snapshot", {}, slow)).toContain("Pressed 1");
    const picture = await client.request(
      "tools/call",
      { name: "playwright__browser_take_screenshot", arguments: {} },
      slow,
    );
    expect(picture.error).toBeUndefined();
    expect(picture.text).toContain('"image/png"');
    await client.callText("playwright__browser_close", {}, slow);
  }, 120_000);
}

test("nothing of the browser is left when the gateway ends", async () => {
  await using client = await openRawClient(stack.mcpUrl);
  await client.callText("playwright__browser_navigate", { url: site.url.href }, { timeoutMs: 45_000 });
  await client.close();
  await stack.stop(); // Fails when a process with this stack's tag is left.
}, 90_000);
