/** The path of a request, whatever its first line was. */
import { limits } from "@mcp-gateway/kit";

export interface RequestPath {
  /** Begins with `/`; still percent-encoded. */
  readonly path: string;
  /** With its `?`; empty when there is none. */
  readonly search: string;
}

/**
 * Bun gives a relative URL when the Host header is missing or unusable, and the bare target of a CONNECT, so
 * `new URL` would throw on what anybody can send. Never throws; undefined: no path in it.
 */
export function readPath(url: string): RequestPath | undefined {
  if (url.length > limits.uriBytesMax) return undefined;
  const start = pathStart(url);
  if (start === -1) return undefined;
  const fragment = url.indexOf("#", start);
  const end = fragment === -1 ? url.length : fragment;
  const query = url.indexOf("?", start);
  if (query === -1 || query >= end) return { path: url.slice(start, end), search: "" };
  // A lone `?` is no query, as in `URL.search`.
  return { path: url.slice(start, query), search: query + 1 === end ? "" : url.slice(query, end) };
}

function pathStart(url: string): number {
  if (url.charCodeAt(0) === slash) return 0;
  // Only these two can come from a server; anything else before `://` is part of some other trick.
  const authority = url.startsWith("http://") ? 7 : url.startsWith("https://") ? 8 : -1;
  return authority === -1 ? -1 : url.indexOf("/", authority);
}

const slash = 0x2f;
