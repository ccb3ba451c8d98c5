/** What a refusal says about signing in: `WWW-Authenticate` (RFC 9110 section 11.6.1, RFC 6750, RFC 9728). Pure. */
import { limits } from "@mcp-gateway/kit";

export interface Challenge {
  /** `resource_metadata`: where the server describes how to sign in. */
  readonly resourceMetadata: string | undefined;
  readonly scope: string | undefined;
  readonly error: string | undefined;
}

export const emptyChallenge: Challenge = { resourceMetadata: undefined, scope: undefined, error: undefined };

/**
 * @param header undefined: there was none, which before RFC 9728 was all a server said
 * @returns undefined when it asks for something else than a bearer token
 */
export function readChallenge(header: string | null): Challenge | undefined {
  if (header === null || header.trim() === "") return emptyChallenge;
  if (header.length > limits.signInChallengeCharsMax) return undefined;
  const parameters = bearerParameters(header);
  if (parameters === undefined) return undefined;
  return {
    resourceMetadata: parameters.get("resource_metadata"),
    scope: parameters.get("scope"),
    error: parameters.get("error"),
  };
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** A parameter, a scheme with what may follow it, or what belongs to neither. */
const piece = new RegExp(
  `(${token})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]+))|(${token})(?=[ \\t]|,|$)|[^\\s,]+`,
  "gy",
);

/** Of the first challenge with the scheme Bearer; one header can hold several challenges, separated as parameters are. */
function bearerParameters(header: string): Map<string, string> | undefined {
  let found: Map<string, string> | undefined;
  let isBearer = false;
  piece.lastIndex = 0;
  while (piece.lastIndex < header.length) {
    const start = piece.lastIndex;
    const match = piece.exec(header);
    if (match === null) {
      piece.lastIndex = start + 1; // A comma or a space.
      continue;
    }
    const [, name, quoted, plain, scheme] = match;
    if (scheme !== undefined) {
      if (isBearer) return found;
      isBearer = scheme.toLowerCase() === "bearer";
      if (isBearer) found = new Map();
    } else if (name !== undefined && isBearer && found?.has(name.toLowerCase()) === false)
      found.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "");
  }
  return found;
}
