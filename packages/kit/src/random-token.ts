/**
 * What nobody can guess, in characters that are safe in headers, addresses and file names. Made of Bun's own parts:
 * `node:crypto` brings the whole of Node's streams into a process.
 */
export function randomToken(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("base64url");
}
