/** The address that a browser elsewhere ended at, pasted into the terminal. */

import { limits } from "@mcp-gateway/kit";

/** Resolves with the first line that can be one; never where nobody types. */
export function pastedLine(state: string): { readonly line: Promise<string>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<string>();
  const decoder = new TextDecoder();
  let text = "";
  const take = (chunk: Uint8Array): void => {
    text = `${text}${decoder.decode(chunk, { stream: true })}`.slice(-limits.signInCallbackCharsMax);
    const line = text.split(/[\r\n]+/).find((one) => isAnswer(one, state));
    if (line !== undefined) resolve(line.trim());
  };
  process.stdin.on("data", take);
  // A terminal that goes away is no reason to give up: the browser may still come back.
  process.stdin.on("error", () => undefined);
  return {
    line: promise,
    stop() {
      process.stdin.off("data", take);
      process.stdin.pause();
    },
  };
}

/** Pure. */
export function isAnswer(line: string, state: string): boolean {
  const text = line.trim();
  const query = URL.canParse(text)
    ? new URL(text).searchParams
    : new URLSearchParams(text.replace(/^[^?]*\?/, ""));
  return query.get("state") === state && (query.has("code") || query.has("error"));
}
