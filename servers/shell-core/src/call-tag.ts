/**
 * Every command carries in its environment whose it is, and so does everything it starts: what has left its
 * process group is found again by this tag.
 */
export const tagVariable = "MCP_GATEWAY_SHELL_CALL";

/** Makes one tag per call; all of them begin with the server's own. */
export class CallTags {
  readonly server: string = randomHex(8);
  #calls = 0;

  next(): string {
    this.#calls += 1;
    return `${this.server}.${this.#calls}`;
  }
}

/** A command may start a server like this one: the outer tag is kept, so that the outer kill finds all of it. */
export function tagValue(tag: string, outer: string | undefined): string {
  return outer === undefined || outer === "" ? tag : `${outer},${tag}`;
}

export function hasTag(value: string, tag: string): boolean {
  return value !== "" && value.split(",").includes(tag);
}

export function isOfServer(value: string, server: string): boolean {
  return value !== "" && value.split(",").some((tag) => tag.startsWith(`${server}.`));
}

/** From the global Web Crypto: importing `node:crypto` costs a server a sixth of its start. */
export function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("hex");
}
