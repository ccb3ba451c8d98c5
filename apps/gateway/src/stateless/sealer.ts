/**
 * Texts that clients bring back and can't read, change or make: sealed with AES-256-GCM under a key of the
 * gateway's. One content has many spellings, one spelling has one content.
 */
const algorithm = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;
export const sealKeyBytes = 32;

export class Sealer {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(content: object): string {
    const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
    const cipher = cryptoModule().createCipheriv(algorithm, this.#key, iv);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(content), "utf8"), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
  }

  /** `undefined`: not made with this key, or changed on the way. */
  open(text: string, charsMax: number): unknown {
    if (text.length > charsMax) return undefined;
    const bytes = Buffer.from(text, "base64url");
    // One spelling only: the decoder skips characters that are none of its own.
    if (bytes.length <= ivBytes + tagBytes || bytes.toString("base64url") !== text) return undefined;
    try {
      const decipher = cryptoModule().createDecipheriv(algorithm, this.#key, bytes.subarray(0, ivBytes));
      decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
      return JSON.parse(opened.toString("utf8")) as unknown;
    } catch {
      return undefined; // The tag does not fit: the only way in which a foreign or changed text shows.
    }
  }
}

/** Loaded when the first text is sealed: it weighs more than much else that a gateway loads. */
function cryptoModule(): typeof import("node:crypto") {
  return process.getBuiltinModule("node:crypto");
}
