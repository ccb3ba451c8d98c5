/** The operations with which a person signs in at a server and out again. */
import type { BackendState } from "@mcp-gateway/contract";
import { GatewayError, limits } from "@mcp-gateway/kit";
import type { SignIn } from "./sign-in.ts";

/** What of a backend they need. */
export interface SignedBackend {
  readonly name: string;
  state(): Pick<BackendState, "phase">;
  start(): void;
  restart(): void;
}

/**
 * @param input `login`: where the browser is to come back to · `finish-login`: the query that it came back with
 * @returns what is to be opened in a browser, if anything
 * @throws GatewayError
 */
export async function operateSignIn(
  operation: "login" | "finish-login" | "logout",
  backend: SignedBackend,
  signIn: SignIn,
  input: string | undefined,
): Promise<string | undefined> {
  switch (operation) {
    case "login":
      return inTime(backend.name, signIn.begin(input ?? ""));
    case "finish-login":
      await inTime(backend.name, signIn.finish(input ?? ""));
      // One that is ready goes on, with the new rights; one that waited for them needs no command.
      backend.start();
      return undefined;
    case "logout":
      await inTime(backend.name, signIn.forget());
      // A server that somebody stopped stays so.
      if (backend.state().phase !== "stopped") backend.restart();
      return undefined;
    default:
      return operation satisfies never;
  }
}

/** Each request has its own bound, but there can be several. */
async function inTime<T>(name: string, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const detail = `The authorization server of "${name}" took longer than ${limits.signInStepMs / 1000} s.`;
  const timer = setTimeout(() => reject(new GatewayError("sign-in-failed", detail)), limits.signInStepMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
