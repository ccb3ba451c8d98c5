/** The body of a request as text: declared as JSON, within its limit and its time, valid UTF-8. */
import { GatewayError, isGatewayError, limits, SharedTimer } from "@mcp-gateway/kit";

/** The byte order mark stays in the text, where the JSON parser refuses it (RFC 8259 section 8.1). */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Bun calls the handler before the body has arrived, so all of this is waiting on the outside.
 * @throws GatewayError `content-type-unsupported`, `header-invalid`, `body-too-large`, `body-timeout`, `parse-error`
 */
export async function readBody(
  request: Request,
  bytesMax: number,
  timeoutMs: number = limits.requestBodyTimeoutMs,
): Promise<string> {
  const wrongType = checkContentType(request.headers);
  if (wrongType !== undefined) throw wrongType;
  const declared = readContentLength(request.headers);
  if (declared !== undefined && declared > bytesMax) throw tooLarge(bytesMax);
  const bytes = await new Promise<Uint8Array>((resolve, reject) => {
    new Receipt(request, declared !== undefined, bytesMax, timeoutMs, resolve, reject);
  });
  try {
    return utf8.decode(bytes);
  } catch {
    throw new GatewayError("parse-error", "The body is not valid UTF-8.");
  }
}

/**
 * Only JSON: a form or plain text is what a foreign web page can post without asking (no CORS preflight).
 * @returns the reason to refuse; undefined: go on
 */
export function checkContentType(headers: Headers): GatewayError | undefined {
  const type = headers.get("content-type");
  if (type === null || !jsonType.test(type)) return new GatewayError("content-type-unsupported");
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    return new GatewayError("content-type-unsupported", "Compressed bodies are not taken here.");
  }
  return undefined;
}

/** Parameters are allowed and ignored (JSON is UTF-8 whatever they say); a list of types is not. */
const jsonType = /^application\/json[ \t]*(?:;[^,]*)?$/i;

function readContentLength(headers: Headers): number | undefined {
  const header = headers.get("content-length");
  if (header === null) return undefined;
  // The HTTP parser refuses these; the check keeps this function sound for requests made in other ways.
  if (!/^\d{1,15}$/.test(header))
    throw new GatewayError("header-invalid", "The Content-Length is not a number.");
  return Number(header);
}

/** Bodies on their way. */
const receiving = new SharedTimer<Receipt>((receipt) => receipt.expire());

/** One body being received. Settles once: received, broken, too large, or too slow. */
class Receipt {
  readonly #gathering: Gathering | undefined;
  readonly #reject: (error: GatewayError) => void;

  constructor(
    request: Request,
    isLengthKnown: boolean,
    bytesMax: number,
    timeoutMs: number,
    resolve: (bytes: Uint8Array) => void,
    reject: (error: GatewayError) => void,
  ) {
    this.#reject = reject;
    receiving.add(this, timeoutMs);
    // The HTTP parser holds a body to its declared length, so it can be taken in one piece, which is cheaper.
    this.#gathering = isLengthKnown ? undefined : new Gathering(bytesMax);
    (this.#gathering?.run(request.body) ?? request.bytes()).then(
      (bytes) => {
        receiving.delete(this);
        if (bytes.length > bytesMax) reject(tooLarge(bytesMax));
        else resolve(bytes);
      },
      (cause: unknown) => {
        receiving.delete(this);
        reject(isGatewayError(cause) ? cause : cutOff(cause));
      },
    );
  }

  expire(): void {
    this.#reject(new GatewayError("body-timeout"));
    this.#gathering?.cancel();
  }
}

function cutOff(cause: unknown): GatewayError {
  return new GatewayError("parse-error", "The body ended before it was complete.", { cause });
}

/** Reads a body of unknown length, and stops at the limit instead of after it. */
class Gathering {
  readonly #bytesMax: number;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  async run(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
    if (body === null) return new Uint8Array(0);
    const reader = body.getReader();
    this.#reader = reader;
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(chunks, length);
      length += value.length;
      if (length > this.#bytesMax) {
        this.cancel();
        throw tooLarge(this.#bytesMax);
      }
      chunks.push(value);
    }
  }

  cancel(): void {
    // The connection may be gone already; then there is nothing left to stop.
    this.#reader?.cancel().catch(() => undefined);
  }
}

function tooLarge(bytesMax: number): GatewayError {
  return new GatewayError("body-too-large", `The body is larger than ${bytesMax} bytes.`);
}
