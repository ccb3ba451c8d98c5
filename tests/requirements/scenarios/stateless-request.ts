/** Requests of revision 2026-07-28, written by hand. */
import { postTo } from "../client/by-hand.ts";
import type { JsonObject } from "../client/matrix-client.ts";
import { prefix } from "../client/stateless-client.ts";
import type { Scene } from "../verifies.ts";

export const revision = "2026-07-28";
export const envelope = {
  [`${prefix}protocolVersion`]: revision,
  [`${prefix}clientCapabilities`]: { elicitation: {} },
  [`${prefix}clientInfo`]: { name: "by hand", version: "1" },
};

export interface Posted {
  readonly params?: JsonObject;
  readonly meta?: JsonObject;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

export function requestOf(method: string, { params = {}, meta = envelope, headers = {} }: Posted) {
  const name = method === "resources/read" ? params["uri"] : params["name"];
  const all: Readonly<Record<string, string | undefined>> = {
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
    "mcp-protocol-version": revision,
    "mcp-method": method,
    "mcp-name": typeof name === "string" ? name : undefined,
    ...headers,
  };
  const given = Object.entries(all).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } });
  return { headers: Object.fromEntries(given), body };
}

export async function post({ url }: Scene, method: string, posted: Posted = {}) {
  const { headers, body } = requestOf(method, posted);
  const { status, text, headers: got } = await postTo(url, body, headers);
  return { status, headers: got, message: JSON.parse(text) };
}

export async function refused(scene: Scene, method: string, posted: Posted, code: number): Promise<void> {
  const { status, message } = await post(scene, method, posted);
  scene.expect([status, message.error?.code, message.id]).toEqual([400, code, 1]);
}
