/** What every backend of the matrix offers, whatever SDK serves it: the same tools, resources and prompts. */

import { WorkTable } from "./tasks.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** A definition with everything a gateway may lose: unknown members, icons, annotations, schemas, an order of its own. */
export const typedTool = {
  "x-first": { kept: [1, { deep: null }] },
  name: "typed",
  title: "Typed",
  description: "Says where it is: äöü 漢 😀",
  inputSchema: {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: {
      region: { type: "string", "x-mcp-header": "Region" },
      count: { $ref: "#/$defs/count" },
    },
    $defs: { count: { type: "integer", minimum: 0 } },
    additionalProperties: false,
  },
  outputSchema: {
    type: "object",
    properties: { region: { type: "string" } },
    required: ["region"],
  },
  annotations: { readOnlyHint: true, title: "Typed" },
  icons: [{ src: "https://example.com/icon.png", mimeType: "image/png", sizes: ["48x48"] }],
  _meta: { "com.example/kept": { a: 1 } },
};

const names: Readonly<Record<string, string>> = {
  echo: "Answers with what it was sent: {arguments, _meta}.",
  fail: "Answers with a JSON-RPC error; {code, message, data?}.",
  tool_error: "Answers with isError.",
  rich: "Answers with every kind of content, structured content and _meta.",
  progress:
    "Reports {count} times, after the first {untilTold} waits for a release, and says whether it was asked to.",
  release: "Lets a report go on that waits.",
  log: "Says {nonce} at every one of {levels}, then answers.",
  ask: "Puts {requests} to the client, one after the other, and answers with what came back.",
  ask_watched: "Puts a question to the client and answers with what it reported on it.",
  withdraw: "Puts a question to the client and takes it back; {key}.",
  complete: "Says that the page {elicitationId} is done.",
  page_first: "Fails until a page is opened: once for each {nonce}.",
  end_work: "Ends the task {taskId} of the tool `work`.",
  hang: "Never answers; notes when it is cancelled; {nonce}.",
  change: "Adds one to the list {kind}, under {name}, and says so.",
  update: "Says that {uri} changed.",
  seen: "Answers with the messages that came and hold {text}.",
  reset: "Forgets every connection: the process ends, sessions and streams are gone.",
};

export const tools: readonly JsonObject[] = [
  ...Object.entries(names).map(([name, description]) => ({
    name,
    description,
    inputSchema: { type: "object" },
  })),
  typedTool,
];

export const capabilities = {
  tools: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  prompts: { listChanged: true },
  completions: {},
  logging: {},
};

/** A resource that every server has. */
export const commonUri = "mx://common/text";

export const pageSize = 5;

/** The items of one page, with opaque cursors. */
export function pageOf(
  items: readonly JsonObject[],
  cursor: unknown,
): { page: JsonObject[]; nextCursor?: string } {
  const start = typeof cursor === "string" ? Number(cursor.replace("page-", "")) : 0;
  const end = start + pageSize;
  return { page: items.slice(start, end), ...(end < items.length ? { nextCursor: `page-${end}` } : {}) };
}

export type ListKind = "tools" | "resources" | "prompts";

/** Everything one backend process remembers. */
export class World {
  readonly server: string;
  /** Whatever came, oldest first. */
  readonly seen: JsonObject[] = [];
  /** Only where there are tasks. */
  taskTools: readonly JsonObject[] = [];
  readonly works: WorkTable;
  /** Called by `release`. */
  release: () => void = () => undefined;
  /** Nonces of pages that were asked for. */
  readonly pages = new Set<string>();
  readonly added: Readonly<Record<ListKind, string[]>> = { tools: [], resources: [], prompts: [] };

  constructor(server: string) {
    this.server = server;
    this.works = new WorkTable(server);
  }

  uri(path: string): string {
    return `mx://${this.server}/${path}`;
  }

  toolList(): readonly JsonObject[] {
    return [
      ...tools,
      ...this.taskTools,
      ...this.added.tools.map((name) => ({ name, inputSchema: { type: "object" } })),
    ];
  }

  resourceList(): readonly JsonObject[] {
    const paths = ["text", "binary", "asks", "watched", "other", "more", ...this.added.resources];
    const own = paths.map((path) => ({ uri: this.uri(path), name: path, "x-unknown": true }));
    return [...own, { uri: commonUri, name: `common of ${this.server}` }];
  }

  templateList(): readonly JsonObject[] {
    return ["item", "place", "thing", "part", "kind", "last"].map((name) => ({
      uriTemplate: this.uri(`${name}/{id}`),
      name,
      "x-unknown": true,
    }));
  }

  promptList(): readonly JsonObject[] {
    const named = ["asks", "three", "four", "five", "six", ...this.added.prompts].map((name) => ({ name }));
    return [{ name: "greet", arguments: [{ name: "who", required: true }], "x-unknown": true }, ...named];
  }

  /** @returns undefined: there is no such resource */
  read(uri: string): JsonObject | undefined {
    if (uri === commonUri) return { uri, mimeType: "text/plain", text: `common of ${this.server}` };
    const known = [this.uri("item/"), ...this.resourceList().map((one) => String(one["uri"]))];
    if (!known.some((one) => uri === one || (one.endsWith("/") && uri.startsWith(one)))) return undefined;
    if (uri === this.uri("binary")) return { uri, mimeType: "image/png", blob: "iVBORw0KGgo=" };
    return { uri, mimeType: "text/plain", text: `content of ${uri}` };
  }

  greeting(args: JsonObject): JsonObject {
    return {
      description: "A greeting.",
      messages: [{ role: "user", content: { type: "text", text: `Greet ${String(args["who"])}.` } }],
    };
  }

  completion(params: JsonObject): JsonObject {
    const values = [
      JSON.stringify({ ref: params["ref"], argument: params["argument"], context: params["context"] }),
    ];
    return { completion: { values, total: 1, hasMore: false } };
  }
}

export const richResult: JsonObject = {
  content: [
    { type: "text", text: "äöü 漢 😀", annotations: { audience: ["user"], priority: 0.5 } },
    { type: "image", data: "iVBORw0KGgo=", mimeType: "image/png" },
    { type: "audio", data: "UklGRg==", mimeType: "audio/wav" },
    { type: "resource_link", uri: "https://example.com/a", name: "a" },
    { type: "resource", resource: { uri: "https://example.com/b", text: "b" } },
  ],
  structuredContent: { n: 1, deep: { list: [null, true] } },
  _meta: { "com.example/kept": 1 },
};

export function text(content: string): JsonObject {
  return { content: [{ type: "text", text: content }] };
}

export function objectAt(value: unknown, key: string): JsonObject {
  const member = typeof value === "object" && value !== null ? (value as JsonObject)[key] : undefined;
  return typeof member === "object" && member !== null ? (member as JsonObject) : {};
}
