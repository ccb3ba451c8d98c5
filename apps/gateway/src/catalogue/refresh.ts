/** Reads all pages of a backend's lists. One list that fails does not take the others with it. */
import type { BackendState } from "@mcp-gateway/contract";
import { GatewayError, type JsonRpcErrorObject, limits } from "@mcp-gateway/kit";
import type { Calls } from "../link/calls.ts";
import {
  type ListItem,
  type Listing,
  type ListKind,
  type ListPage,
  listKindNames,
  listKinds,
  type Naming,
  readListPage,
} from "./listing.ts";

/** The capabilities of an `initialize` result, as far as lists depend on them. */
export function declaredKinds(initializeResult: string): readonly ListKind[] {
  const capabilities = capabilitiesOf(initializeResult);
  return listKindNames.filter((kind) => capabilities[listKinds[kind].capability] !== undefined);
}

export function capabilitiesOf(initializeResult: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(initializeResult);
  if (typeof value !== "object" || value === null || !("capabilities" in value)) return {};
  const { capabilities } = value;
  // Checked to be an object; its members stay unknown.
  return typeof capabilities === "object" && capabilities !== null
    ? (capabilities as Record<string, unknown>)
    : {};
}

/** @throws GatewayError when a list that the backend declared can't be had */
export async function fetchListing(
  calls: Calls,
  backend: BackendState,
  kinds: readonly ListKind[],
  separator: "__" | "/",
): Promise<Listing> {
  const warnings: string[] = [];
  const naming = { server: backend.name, separator, showsOwn: backend.names === "own" };
  const lists = await Promise.all(
    listKindNames.map(async (kind) =>
      kinds.includes(kind) ? await fetchList(calls, backend, kind, naming, warnings) : [],
    ),
  );
  const [tools = [], prompts = [], resources = [], resourceTemplates = []] = lists;
  return { tools, prompts, resources, resourceTemplates, warnings };
}

async function fetchList(
  calls: Calls,
  backend: BackendState,
  kind: ListKind,
  naming: Naming,
  warnings: string[],
): Promise<readonly ListItem[]> {
  const items: ListItem[] = [];
  let cursor: string | undefined;
  let bytes = 0;
  const cursors = new Set<string>();
  for (let page = 0; page < limits.listPagesMax; page += 1) {
    const answer = await ask(calls, backend, listKinds[kind].method, cursor === undefined ? {} : { cursor });
    if (answer === "method-not-found") return items;
    bytes += answer.length;
    const read = readPage(answer, kind, naming);
    warnings.push(...read.warnings);
    items.push(...read.items);
    if (items.length > limits.listItemsMax || bytes > limits.listBytesMax) {
      warnings.push(
        `${kind}: more than ${limits.listItemsMax} items or ${limits.listBytesMax} bytes; the rest was left out`,
      );
      return items.slice(0, limits.listItemsMax);
    }
    if (read.nextCursor === undefined) return items;
    if (cursors.has(read.nextCursor)) {
      warnings.push(`${kind}: the pages go round in a circle; read ${page + 1} of them`);
      return items;
    }
    cursors.add(read.nextCursor);
    cursor = read.nextCursor;
  }
  warnings.push(`${kind}: more than ${limits.listPagesMax} pages; the rest was left out`);
  return items;
}

function readPage(answer: string, kind: ListKind, naming: Naming): ListPage {
  const page = readListPage(answer, kind, naming);
  if (page === undefined) {
    const beginning = JSON.stringify(answer.slice(0, limits.backendNoiseLogCharsMax));
    const message = `The answer to ${listKinds[kind].method} is not a list; it begins with ${beginning}.`;
    throw new GatewayError("backend-malformed", message, { facts: { server: naming.server } });
  }
  return page;
}

const methodNotFound = -32601;

/** The answer's text; a backend that declares a capability and has not the method simply lists nothing. */
async function ask(
  calls: Calls,
  backend: BackendState,
  method: string,
  params: unknown,
): Promise<string | "method-not-found"> {
  return await new Promise((resolve, reject) => {
    const fail = (error: JsonRpcErrorObject): void =>
      error.code === methodNotFound
        ? resolve("method-not-found")
        : reject(
            new GatewayError("backend-malformed", `${method} failed: ${error.message}`, {
              facts: { server: backend.name },
            }),
          );
    calls.start(
      { backend, method, params: () => params, timeoutMs: limits.listTimeoutMs },
      {
        sessionId: undefined,
        isHousekeeping: true,
        onReply(message) {
          const text = Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString();
          const error = errorIn(text);
          if (error === undefined) resolve(text);
          else fail(error);
        },
        onFailure: fail,
      },
    );
  });
}

/** Only a message that says `"error"` near one of its ends can be an error response. */
function errorIn(text: string): JsonRpcErrorObject | undefined {
  if (!text.includes('"error"')) return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("error" in value)) return undefined;
  // Shape of JSON-RPC 2.0 section 5.1; only `code` and `message` are read.
  return value.error as JsonRpcErrorObject;
}
