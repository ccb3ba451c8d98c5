/**
 * The file of one server's sign-in, in the state directory: for this user alone, and written whole. It is named by the
 * entry and its address, so that two entries for one address are two sign-ins, and a changed address is none.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Log, limits, messageOf } from "@mcp-gateway/kit";
import { Check } from "@sinclair/typebox/value";
import { Credentials } from "./credentials.ts";

const nameCharacters = 32;

export class CredentialFile {
  readonly #path: string;
  readonly #log: Log;

  constructor(directory: string, name: string, url: string, log: Log) {
    const digest = new Bun.CryptoHasher("sha256").update(JSON.stringify([name, url])).digest("hex");
    this.#path = join(directory, `${digest.slice(0, nameCharacters)}.json`);
    this.#log = log;
  }

  read(): Credentials | undefined {
    try {
      const stat = statSync(this.#path, { throwIfNoEntry: false });
      if (stat === undefined) return undefined;
      const isOurs =
        process.platform === "win32" || (stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0);
      if (!isOurs || stat.size > limits.signInFileBytesMax)
        return this.#ignore("others can read it, or it is too large");
      const value: unknown = JSON.parse(readFileSync(this.#path, "utf8"));
      return Check(Credentials, value) ? value : this.#ignore("it is of another version or damaged");
    } catch (error) {
      return this.#ignore(messageOf(error));
    }
  }

  /** @throws when it can't be written: a token that was renewed and is not kept may be the last one */
  write(credentials: Credentials): void {
    const fresh = `${this.#path}.${process.pid}`;
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    writeFileSync(fresh, JSON.stringify(credentials), { mode: 0o600, flush: true });
    renameSync(fresh, this.#path);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }

  #ignore(reason: string): undefined {
    this.#log.warning("sign-in not read", { path: this.#path, reason });
    return undefined;
  }
}
