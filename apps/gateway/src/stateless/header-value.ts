/**
 * Values of the headers that mirror a request's body (2026-07-28, Streamable HTTP, "Value Encoding"). Pure.
 */
const prefix = "=?base64?";
const suffix = "?=";
const canonicalBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Visible ASCII, space and tab: all that may stand in a field value (RFC 9110 section 5.5). */
const plainValue = /^[\x20-\x7e\t]*$/;
/** Nearly all values: nothing to trim, nothing that could begin Base64. */
const plainWord = /^[\w./:-]+$/;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What a header says; `undefined`: it has characters, or a Base64 part, that no header may have. */
export function decodeHeaderValue(header: string): string | undefined {
  if (plainWord.test(header)) return header;
  const value = header.replace(/^[ \t]+|[ \t]+$/g, "");
  if (!plainValue.test(value)) return undefined;
  if (!value.startsWith(prefix) || !value.endsWith(suffix) || value.length < prefix.length + suffix.length)
    return value;
  const encoded = value.slice(prefix.length, -suffix.length);
  // Lenient decoders skip what is no Base64; two readers of one header must not differ.
  if (!canonicalBase64.test(encoded)) return undefined;
  try {
    return utf8.decode(Buffer.from(encoded, "base64"));
  } catch {
    return undefined; // Not UTF-8: as malformed as bad Base64.
  }
}
