/** `gateway config check|schema|path`: the configuration file, without a running gateway. */
import { defineCommand } from "citty";
import { exitCodes } from "../exit-codes.ts";
import { configPathFor } from "../instance.ts";
import { paintFor, writeJson, writeLines } from "../terminal.ts";
import { faultLines, warningLines } from "../view/fault-view.ts";
import { plural } from "../view/quantities.ts";

const configArg = {
  config: {
    type: "string",
    valueHint: "file",
    description: "The file (default: ./config.json, else the installed one)",
  },
} as const;

const check = defineCommand({
  meta: { name: "check", description: "Check the file and name every fault with its line (exit code 3)" },
  args: { ...configArg, json: { type: "boolean", description: "Print the faults as JSON" } },
  async run({ args }) {
    const { loadConfig } = await import("@mcp-gateway/config");
    const path = configPathFor(args.config);
    const result = await loadConfig(path);
    if (!result.ok) process.exitCode = exitCodes.startFailed;
    if (args.json) {
      await writeJson(
        result.ok
          ? { ok: true, path, warnings: result.warnings }
          : { ok: false, path, faults: result.faults },
      );
      return;
    }
    if (!result.ok) {
      await writeLines(
        faultLines(path, result.faults, paintFor(process.stderr), process.cwd()),
        process.stderr,
      );
      return;
    }
    const paint = paintFor(process.stdout);
    const enabled = result.config.servers.filter((server) => server.enabled);
    const off = result.config.servers.length - enabled.length;
    await writeLines([
      ...warningLines(result.warnings, paint, process.cwd()),
      `${paint.green("✔")} ${path} is good: ${plural(enabled.length, "server")}${off === 0 ? "" : ` and ${off} disabled`}.`,
    ]);
  },
});

const schema = defineCommand({
  meta: { name: "schema", description: "Print the JSON Schema of the file, for editors" },
  args: {},
  async run() {
    const { configJsonSchema } = await import("@mcp-gateway/config");
    await writeJson(typeof configJsonSchema === "function" ? configJsonSchema() : configJsonSchema);
  },
});

const path = defineCommand({
  meta: { name: "path", description: "Print which file is used" },
  args: { ...configArg },
  async run({ args }) {
    await writeLines([configPathFor(args.config)]);
  },
});

export const config = defineCommand({
  meta: { name: "config", description: "Check the configuration, print its schema or its path" },
  subCommands: { check, schema, path },
});
