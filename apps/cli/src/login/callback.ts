/** Where the browser comes back to after a sign-in: a server on this machine that takes one request. */
import { limits, systemCodeOf } from "@mcp-gateway/kit";
import { CliError } from "../cli-error.ts";

export interface Returned {
  /** The query that the browser came back with. */
  readonly query: string;
  /** Shows the person how it went. */
  answer(isDone: boolean, text: string): void;
}

export interface Callback {
  readonly redirectUri: string;
  readonly returned: Promise<Returned>;
  /** The state that tells this sign-in from whatever else comes here. */
  expect(state: string): void;
  stop(): Promise<void>;
}

const loopback = "127.0.0.1";
const loopbackNames = [loopback, "localhost", "[::1]"];

/** At the usual port, so that a client that was registered once serves again; else at any. */
export function listenAnywhere(): Callback {
  const path = "/callback";
  const at = (port: number): Callback =>
    listen(loopback, port, path, (bound) => `http://${loopback}:${bound}${path}`);
  try {
    return at(limits.cliCallbackPort);
  } catch {
    return at(0);
  }
}

/** At the address that was registered. @throws CliError */
export function listenAt(redirectUri: string): Callback {
  const { hostname, port, pathname } = new URL(redirectUri);
  try {
    return listen(hostname === "[::1]" ? "::1" : loopback, Number(port), pathname, () => redirectUri);
  } catch (thrown) {
    throw new CliError(
      `The browser is to come back to ${redirectUri}, and nobody can listen there (${systemCodeOf(thrown) ?? "no reason given"}).`,
      1,
      ["Stop what listens there, or register another address and set `oauth.redirectUri`."],
    );
  }
}

function listen(hostname: string, port: number, path: string, addressOf: (port: number) => string): Callback {
  const { promise, resolve } = Promise.withResolvers<Returned>();
  let state: string | undefined;
  let isTaken = false;
  const server = Bun.serve({
    hostname,
    port,
    idleTimeout: Math.ceil(limits.cliSignInTimeoutMs / 1000) + 5,
    fetch(request) {
      const url = new URL(request.url);
      const isHere =
        loopbackNames.includes(url.hostname) && url.pathname === path && request.method === "GET";
      if (!isHere) return page(404, "There is nothing here.");
      // Any page in the browser can send a request here; only the one that was asked for knows the state.
      if (state === undefined || url.searchParams.get("state") !== state)
        return page(400, "This belongs to no sign-in that is under way.");
      if (isTaken) return page(400, "This sign-in has come back already.");
      isTaken = true;
      const answered = Promise.withResolvers<Response>();
      resolve({
        query: url.search,
        answer: (isDone, text) => answered.resolve(page(isDone ? 200 : 400, text)),
      });
      return answered.promise;
    },
    error: () => page(400, "This is no request that can be read."),
  });
  return {
    redirectUri: addressOf(server.port ?? port),
    returned: promise,
    expect: (expected) => {
      state = expected;
    },
    stop: () => server.stop(false),
  };
}

function page(status: number, text: string): Response {
  const shown = text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  const body = `<!doctype html><meta charset="utf-8"><title>MCP Gateway</title><p>${shown}</p>\n`;
  return new Response(body, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      connection: "close",
    },
  });
}
