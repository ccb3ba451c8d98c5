/** Small conversions between bytes and text, shared by what looks into messages. */
const encoder = new TextEncoder();

/** A client's id as it is written into a message. */
export function idBytesOf(id: string | number): Uint8Array {
  return encoder.encode(JSON.stringify(id));
}
