/** What the tool `powershell` takes and gives. */
import { commandOutputSchema, commonProperties, type ShellSettings } from "@mcp-gateway/shell-core";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";

export interface OwnArguments {
  readonly objects: boolean;
  readonly depth: number;
}

export const ownNames: readonly string[] = ["objects", "depth"];
const depthByDefault = 2;
const depthMax = 20;

export function readOwnArguments(given: unknown): {
  readonly values: OwnArguments;
  readonly faults: readonly string[];
} {
  const values = new Map<string, unknown>(
    typeof given === "object" && given !== null ? Object.entries(given) : [],
  );
  const objects = values.get("objects") ?? false;
  const depth = values.get("depth") ?? depthByDefault;
  const faults: string[] = [];
  if (typeof objects !== "boolean") faults.push("`objects` must be true or false.");
  if (typeof depth !== "number" || !Number.isInteger(depth) || depth < 1 || depth > depthMax)
    faults.push(`\`depth\` must be a whole number from 1 to ${depthMax}.`);
  return { values: { objects: objects === true, depth: Number(depth) }, faults };
}

const outputSchema = {
  ...commandOutputSchema,
  properties: {
    ...commandOutputSchema.properties,
    powershell: { type: "string", description: "The version of PowerShell; empty when it did not begin." },
    objects: { type: "array", description: "The output as objects, when `objects` was true." },
  },
  required: [...commandOutputSchema.required, "powershell"],
};

export function definitionOf(settings: ShellSettings): Tool {
  const kib = Math.floor(settings.outputBytesMax / 1024);
  return {
    name: "powershell",
    title: "Run a PowerShell script",
    description: [
      "Runs a script in PowerShell on the machine of this server and returns its exit code, stdout and stderr.",
      "One line or many; it reaches PowerShell exactly as it is given, so no quoting for a command line is needed.",
      "",
      "- Each call is a new PowerShell without profile: variables, functions and modules of an earlier call are gone. Use `cwd` and `env`.",
      "- Nobody can answer questions: use `-Confirm:$false` and `-Force` where a command would ask.",
      `- After \`timeoutMs\` (default ${settings.timeoutMs}, at most ${settings.timeoutMsMax}) the script and everything it started is killed.`,
      `- Of each of stdout and stderr at most ${kib} KiB are kept, the beginning and the end; use Select-Object -First or Where-Object for less.`,
      "- The exit code is that of `exit N`; otherwise 0 when the last statement succeeded, the exit code of a program that failed as the last statement, else 1.",
      "- `objects: true` gives the output objects as JSON instead of formatted text; choose their properties with Select-Object.",
    ].join("\n"),
    inputSchema: {
      type: "object",
      properties: {
        command: { type: "string", minLength: 1, description: "The script." },
        ...commonProperties(settings),
        objects: {
          type: "boolean",
          default: false,
          description: "Give the output objects as JSON (ConvertTo-Json), not as formatted text.",
        },
        depth: {
          type: "integer",
          minimum: 1,
          maximum: depthMax,
          default: depthByDefault,
          description: "With `objects`: how many levels of nested properties are kept.",
        },
      },
      required: ["command"],
      additionalProperties: false,
    },
    // The SDK's type wants an array it could change; nothing changes it.
    outputSchema: outputSchema as unknown as NonNullable<Tool["outputSchema"]>,
    annotations: {
      title: "Run a PowerShell script",
      readOnlyHint: false,
      destructiveHint: true,
      idempotentHint: false,
      openWorldHint: true,
    },
  };
}
