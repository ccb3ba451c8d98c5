/**
 * Extensions of MCP (`capabilities.extensions`) that the gateway relays. Of any other neither side is told that the
 * other has it: its methods and notifications would have no way through.
 */

export const Extension = {
  /** MCP Apps: resources `ui://…`, named by a tool's `_meta.ui.resourceUri`. */
  ui: "io.modelcontextprotocol/ui",
  /** Tasks of the stateless revision. */
  tasks: "io.modelcontextprotocol/tasks",
} as const;
export type Extension = (typeof Extension)[keyof typeof Extension];

type JsonObject = Readonly<Record<string, unknown>>;

/** What of `extensions` is among those `relayed`, as a member to be spread; empty when nothing is. */
export function relayedExtensions(
  capabilities: JsonObject,
  relayed: readonly Extension[],
): { readonly extensions?: JsonObject } {
  const declared = relayed.filter((extension) => declaresExtension(capabilities, extension));
  if (declared.length === 0) return {};
  const all = capabilities["extensions"] as JsonObject; // It has the declared ones, so it is an object.
  return { extensions: Object.fromEntries(declared.map((extension) => [extension, all[extension]])) };
}

export function declaresExtension(capabilities: JsonObject, extension: Extension): boolean {
  const { extensions } = capabilities;
  return typeof extensions === "object" && extensions !== null && Object.hasOwn(extensions, extension);
}
