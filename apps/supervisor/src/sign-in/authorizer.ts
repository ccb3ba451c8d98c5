/** What a connection over HTTP needs to know of signing in. */
import type { GatewayError } from "@mcp-gateway/kit";

export interface Authorizer {
  /** The value of `Authorization` now; a promise while it is being renewed. @throws GatewayError */
  header(): string | undefined | Promise<string | undefined>;
  /**
   * The server refused a request, which so has not run.
   * @param used the value that it was sent with
   * @returns `again`: with the header as it is now it may be taken; an error: what to tell; undefined: it is not about this
   */
  refused(response: Response, used: string | undefined): Promise<"again" | GatewayError | undefined>;
}
