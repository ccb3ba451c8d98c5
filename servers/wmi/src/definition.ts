/** What the tool `query_wmi` takes. */
import { limits } from "@mcp-gateway/kit/limits";
import type { ShellSettings } from "@mcp-gateway/shell-core";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { outputSchema } from "./wmi-result.ts";

export function definitionOf(settings: ShellSettings): Tool {
  return {
    name: "query_wmi",
    title: "Query WMI",
    description: [
      "Reads instances of a WMI class of this Windows machine: hardware, operating system, processes, services, disks, network, installed updates.",
      "It only reads. Often used classes: Win32_OperatingSystem, Win32_ComputerSystem, Win32_Processor, Win32_PhysicalMemory, Win32_LogicalDisk, Win32_Process, Win32_Service, Win32_NetworkAdapterConfiguration, Win32_QuickFixEngineering.",
      "",
      "- Name the `properties` that you need; without them every row is long.",
      "- `filter` is the condition of a WQL query: Name = 'svchost.exe' AND (ProcessId > 100 OR NOT Caption LIKE '%x%'). A backslash in a string is written as two.",
      "- Dates come as ISO 8601 in UTC, 64-bit numbers as strings.",
      "- Avoid Win32_Product: asking for it makes Windows check, and sometimes repair, every installed program.",
    ].join("\n"),
    inputSchema: {
      type: "object",
      properties: {
        wmi_class: { type: "string", description: "The class, such as Win32_OperatingSystem." },
        properties: {
          type: ["array", "null"],
          items: { type: "string" },
          maxItems: limits.wmiPropertiesMax,
          description: "Which properties to read. Default: all.",
        },
        filter: {
          type: ["string", "null"],
          maxLength: limits.wmiFilterCharactersMax,
          description: "Condition of a WQL query, without the word WHERE. Default: every instance.",
        },
        namespace: {
          type: ["string", "null"],
          description: "Namespace of this machine. Default: root\\cimv2.",
        },
        limit: {
          type: "integer",
          minimum: 1,
          maximum: limits.wmiRowsCeiling,
          default: limits.wmiRowsMax,
          description: "How many rows at most.",
        },
        timeoutMs: {
          type: "integer",
          minimum: 1,
          maximum: settings.timeoutMsMax,
          default: settings.timeoutMs,
          description: "Time limit in milliseconds.",
        },
      },
      required: ["wmi_class"],
      additionalProperties: false,
    },
    // The SDK's type wants arrays it could change; nothing changes them.
    outputSchema: outputSchema as unknown as NonNullable<Tool["outputSchema"]>,
    annotations: {
      title: "Query WMI",
      readOnlyHint: true,
      destructiveHint: false,
      idempotentHint: true,
      openWorldHint: false,
    },
  };
}
