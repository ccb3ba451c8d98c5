/**
 * The names under which clients see backends' tools and prompts: a pure function of the server's configured name
 * and the backend's own name, so a name never changes because a neighbour came.
 *
 * Two forms, which can't meet:
 * - plain, `<server>__<name>`: the server has no `__` and no `_` at its ends, so the first `__` is the border
 *   and no two pairs share a plain form;
 * - hashed, for everything else: a readable head, then `_`, a digit and nine more base-36 characters of a SHA-256
 *   over both names. A plain form that would end like that is hashed too.
 *
 * One server of a configuration may show its own names alone. Those have no `__`, which both forms have (and no `/`,
 * which the readable form has), so they meet neither; a name of that server which has one keeps its form.
 */
import { limits } from "@mcp-gateway/kit";

const plainServer = /^[A-Za-z0-9-]+(?:_[A-Za-z0-9-]+)*$/;
const plainName = /^[A-Za-z0-9_-]+$/;
/** The digit keeps ordinary words out: `_screenshot` also has ten letters. */
const hashedEnd = /_[0-9][0-9a-z]{9}$/;
const hashChars = 10;
const serverHeadChars = 24;
/** Enough to find a head in; a backend may send a name of any length. */
const headSourceChars = 256;

export function exposedName(server: string, name: string, separator: "__" | "/"): string {
  if (separator === "/") return aliasName(server, name);
  const charsMax = limits.exposedNameCharsMax;
  if (server.length + 2 + name.length <= charsMax && plainServer.test(server) && plainName.test(name)) {
    const plain = `${server}__${name}`;
    if (!hashedEnd.test(plain)) return plain;
  }
  return hashedName(server, name, charsMax);
}

/** The name alone, if it can't be taken for one of another server; `undefined`: it needs one of the two forms. */
export function ownName(name: string): string | undefined {
  return name.length <= limits.exposedNameCharsMax && plainName.test(name) && !name.includes("__")
    ? name
    : undefined;
}

/** What people read on the console, and what is always accepted in a call. */
export function aliasName(server: string, name: string): string {
  return `${server}/${name}`;
}

function hashedName(server: string, name: string, charsMax: number): string {
  const serverHead = readableHead(server, serverHeadChars);
  const border = "__";
  const nameHead = readableHead(name, charsMax - serverHead.length - border.length - 1 - hashChars);
  return `${serverHead}${border}${nameHead}_${hashOf(server, name)}`;
}

function readableHead(text: string, charsMax: number): string {
  const head = text
    .slice(0, headSourceChars)
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .replace(/[^A-Za-z0-9-]+/g, "_")
    .replace(/^_+/, "")
    .slice(0, charsMax)
    .replace(/_+$/, "");
  return head === "" ? "x" : head;
}

/** A digit, then nine base-36 characters: 50 bits. */
function hashOf(server: string, name: string): string {
  // JSON is an unambiguous encoding of the pair, lone surrogates included.
  const digest = new Bun.CryptoHasher("sha256").update(JSON.stringify([server, name])).digest("hex");
  const rest = 36n ** BigInt(hashChars - 1);
  const number = BigInt(`0x${digest.slice(0, 32)}`) % (10n * rest);
  return `${number / rest}${(number % rest).toString(36).padStart(hashChars - 1, "0")}`;
}
