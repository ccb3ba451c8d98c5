/** `${…}` in values: what it becomes, where it is looked at, and that it leaks nothing. */
import { describe, expect, test } from "bun:test";
import { redact } from "@mcp-gateway/kit";
import { parseTemplate, resolveTemplate } from "../../../packages/config/src/template.ts";
import { loadedServer, loadText } from "./config-file.ts";

const environment = { A: "one", EMPTY: "", HOSTILE: `\${A} $\${ }` };

function expand(text: string): string | undefined {
  const template = parseTemplate(text);
  if (!template.ok) return undefined;
  const lookUp = new Map(Object.entries(environment));
  return resolveTemplate(template.parts, {
    variable: (name) => lookUp.get(name),
    file: (path) => (path === "f" ? { ok: true, text: "content" } : { ok: false, reason: "is not there." }),
  }).text;
}

describe("references", () => {
  test.each([
    ["plain", "plain"],
    [`\${A}`, "one"],
    [`<\${A}\${A}>`, "<oneone>"],
    [`\${env:A}`, "one"],
    [`\${A:-x}`, "one"],
    [`\${B:-x}`, "x"],
    [`\${B:-}`, ""],
    [`\${env:B:-x y:z}`, "x y:z"],
    [`\${EMPTY}`, ""],
    [`\${EMPTY:-x}`, "x"],
    [`\${B:-\${A}}`, "one"],
    [`\${B:-<\${C:-{\${A}}>}`, "<{one>"],
    [`\${file:f}`, "content"],
    [`$\${A}`, `\${A}`],
    [`$$\${A}`, `$\${A}`],
    ["$A $$A $", "$A $$A $"],
    [`{A} \${A}}`, "{A} one}"],
    [`\${HOSTILE}`, environment.HOSTILE],
    [`\${B}`, undefined],
    [`\${file:g}`, undefined],
    [`\${B:-\${C}}`, undefined],
    [`\${}`, undefined],
    [`\${1A}`, undefined],
    [`\${A-x}`, undefined],
    [`\${A`, undefined],
    [`\${file:}`, undefined],
  ])("%s", (text, expected) => {
    expect(expand(text)).toBe(expected);
  });
});

describe("where they count", () => {
  test("in command, args, env, cwd, url and headers", async () => {
    const entry = {
      type: "http",
      command: `\${A}`,
      args: [`\${A}`],
      env: { E: `\${A}` },
      cwd: `/\${A}`,
      url: `http://\${A}/`,
      headers: { H: `\${A}` },
    };
    const { server } = await loadedServer(entry, { environment });
    expect(server).toMatchObject({
      command: "one",
      args: ["one"],
      env: { E: "one" },
      cwd: "/one",
      url: "http://one/",
      headers: { H: "one" },
    });
  });

  test("not in keys", async () => {
    const { server } = await loadedServer({ command: "x", env: { [`\${A}`]: "1" } }, { environment });
    expect(server.env).toEqual({ [`\${A}`]: "1" });
  });

  test("in host, token and folder of the gateway", async () => {
    const gateway = { host: `\${H}`, token: `\${T}`, logs: { directory: `\${D}` } };
    const result = await loadText(JSON.stringify({ gateway, mcpServers: {} }), {
      environment: { H: "::1", T: "0123456789abcdef", D: "l" },
    });
    expect(result.ok && result.config.gateway).toMatchObject({
      host: "::1",
      token: "0123456789abcdef",
      logDirectory: `${result.folder}/l`,
    });
  });

  test("files count from the configuration's folder and lose only their line end", async () => {
    const { server } = await loadedServer(
      { command: "x", env: { K: `\${file:secrets/key}`, L: `\${file:./two}` } },
      { files: { "secrets/key": "\ufeffvalue \r\n", two: "a\nb\n\n" } },
    );
    expect(server.env).toEqual({ K: "value ", L: "a\nb" });
  });

  test("entries that are off, or for other systems, are left as they are", async () => {
    const text = { command: `\${NO}`, args: [`\${file:no}`, `\${`], url: `\${NO}`, type: "http" };
    for (const off of [{ enabled: false }, { disabled: true }, { platforms: ["windows"] }]) {
      const { server } = await loadedServer({ ...text, ...off });
      expect(server).toMatchObject({ command: text.command, args: text.args, url: text.url });
    }
    const { server } = await loadedServer(
      { ...text, platforms: ["windows"], command: "x", args: [], url: `http://\${NO}` },
      { platform: "win32", environment: { NO: "y" } },
    );
    expect(server.url).toBe("http://y");
  });
});

describe("redaction", () => {
  test("what came from outside, or stands under a secret's name, is struck out", async () => {
    const entry = {
      type: "http",
      command: "x",
      url: "http://h/mcp?api_key=query-secret-1&page=plain-value-1",
      args: ["--token", "argument-secret-1", "--api-key=argument-secret-2", "--name", "plain-value-2"],
      env: { FOFA_KEY: "literal-secret-1", MODE: "plain-value-3", DATABASE: `\${DB}`, FILE: `\${file:k}` },
      headers: {
        Authorization: "Bearer header-secret-1",
        "X-Trace": "plain-value-4",
        "X-Api-Key": `Key \${KEY}`,
      },
    };
    await loadedServer(entry, {
      environment: { DB: "variable-secret-1", KEY: "variable-secret-2" },
      files: { k: "file-secret-1\n" },
    });
    for (const secret of [
      "query-secret-1",
      "argument-secret-1",
      "argument-secret-2",
      "literal-secret-1",
      "header-secret-1",
      "variable-secret-1",
      "variable-secret-2",
      "file-secret-1",
    ]) {
      expect(redact(`<${secret}>`)).toBe("<[redacted]>");
    }
    for (const plain of ["plain-value-1", "plain-value-2", "plain-value-3", "plain-value-4"])
      expect(redact(plain)).toBe(plain);
  });

  test("folders, addresses and words that everybody has are not struck out", async () => {
    const entry = {
      command: "x",
      env: { H: `\${HOME}`, D: `\${DIR}`, A: `\${ADDRESS}`, M: `\${MODE}`, AUTH: "disabled" },
    };
    await loadedServer(entry, {
      environment: { HOME: "/home/somebody", DIR: "/usr/bin", ADDRESS: "127.0.0.1", MODE: "production" },
    });
    for (const text of ["/home/somebody", "/usr/bin", "127.0.0.1", "production", "disabled"])
      expect(redact(text)).toBe(text);
  });

  test("secrets are known even when the file is refused", async () => {
    const result = await loadText(`{ "a": { "command": "x", "env": { "T": "\${LATE}" }, "oops": 1 } }`, {
      environment: { LATE: "late-secret-1" },
    });
    expect(result.ok).toBe(false);
    expect(redact("late-secret-1")).toBe("[redacted]");
  });
});
