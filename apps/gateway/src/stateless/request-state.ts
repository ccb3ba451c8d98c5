/**
 * The `requestState` that a client brings back when it retries a request with what was asked of it (2026-07-28,
 * Multi Round-Trip Requests). It is sealed (AES-256-GCM), so that nobody can read, change or make one, and says
 * whose it is: which principal, which face, which request, until when. The key lives as long as this process,
 * as the calls do that a state leads to.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { limits } from "@mcp-gateway/kit";
import { type Static, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { isObject, type JsonObject } from "./meta-keys.ts";

const RequestState = Type.Object({
  /** The parked call it leads to; empty: the request is simply to be made again. */
  call: Type.String(),
  /** Each answer has its own state; an older one is of no use any more. */
  round: Type.Integer(),
  /** On the process's own clock. */
  expiresMs: Type.Number(),
  /** Whose it is: digest of the credential, face, digest of the request. */
  binding: Type.String(),
});
export type RequestState = Static<typeof RequestState>;
const checkState = TypeCompiler.Compile(RequestState);

const algorithm = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;

export class RequestStateCodec {
  readonly #key = randomBytes(32);
  readonly #mark: string;

  /** @param mark stands before each state, so that every worker sees whose it is; empty for one process */
  constructor(mark: string) {
    this.#mark = mark;
  }

  seal(state: RequestState): string {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(algorithm, this.#key, iv);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(state), "utf8"), cipher.final()]);
    return this.#mark + Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
  }

  /** `undefined`: not made by this process, or changed on the way. */
  open(marked: string): RequestState | undefined {
    if (marked.length > limits.requestStateCharsMax || !marked.startsWith(this.#mark)) return undefined;
    const text = marked.slice(this.#mark.length);
    const bytes = Buffer.from(text, "base64url");
    // One state has one spelling: the decoder skips characters that are none of its own.
    if (bytes.length <= ivBytes + tagBytes || bytes.toString("base64url") !== text) return undefined;
    try {
      const decipher = createDecipheriv(algorithm, this.#key, bytes.subarray(0, ivBytes));
      decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
      const value: unknown = JSON.parse(opened.toString("utf8"));
      return checkState.Check(value) ? value : undefined;
    } catch {
      return undefined; // The tag does not fit: the only way in which a foreign or changed state shows.
    }
  }
}

/** Who may go on with a request: the same credential, on the same face, with the same request. */
export function bindingOf(
  authorization: string | null,
  server: string | undefined,
  method: string,
  params: JsonObject | undefined,
): string {
  const { _meta, inputResponses: _responses, requestState: _state, ...own } = params ?? {};
  const parts = [digest(authorization ?? ""), server ?? null, method, canonical(own)];
  return digest(JSON.stringify(parts));
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** Clients need not repeat the order of keys. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) return value;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return { members: members.map(([key, member]) => [key, canonical(member)]) };
}
