/** Tools with which suite 0.2.0 changes the fixture's own lists, logs, and mirrors an argument into a header. */
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { type FixtureTool, text, tool } from "./fixture-tool.ts";

/** What comes and goes: each trigger adds it or takes it away. */
export class Changes {
  hasTool = false;
  hasPrompt = false;
}

export const extraTool = tool("test_changed_tool", "Comes and goes.", () => text("still here"));
export const extraPrompt = { name: "test_changed_prompt", description: "Comes and goes." };

export function changeTools(server: Server, changes: Changes): readonly FixtureTool[] {
  return [
    tool("test_trigger_tool_change", "Changes the list of tools.", async () => {
      changes.hasTool = !changes.hasTool;
      await server.sendToolListChanged();
      return text("changed");
    }),
    tool("test_trigger_prompt_change", "Changes the list of prompts.", async () => {
      changes.hasPrompt = !changes.hasPrompt;
      await server.sendPromptListChanged();
      return text("changed");
    }),
    tool("test_logging_tool", "Logs a line.", async (_, extra) => {
      const params = { level: "info" as const, logger: "fixture", data: "a line" };
      await extra.sendNotification({ method: "notifications/message", params });
      return text("logged");
    }),
    tool("test_custom_header_tool", "Has an argument in a header.", (given) => text(JSON.stringify(given)), {
      type: "object",
      properties: { region: { type: "string", "x-mcp-header": "Region" } },
      required: ["region"],
    }),
  ];
}
