/** Folders that only this user can put anything into: for sockets, tokens, and what says where the gateway listens. */
import { lstatSync, mkdirSync, realpathSync, type Stats } from "node:fs";
import { dirname, resolve } from "node:path";
import { GatewayError, messageOf } from "./errors.ts";

/**
 * Makes a folder that only this user can enter, or refuses one that others could have prepared.
 * @throws GatewayError `folder-unusable`
 */
export function makePrivateDirectory(path: string): void {
  let fault: string | undefined;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    fault = privateDirectoryFault(path);
  } catch (cause) {
    throw new GatewayError("folder-unusable", `${path} can't be made: ${messageOf(cause)}.`, { cause });
  }
  if (fault !== undefined) throw new GatewayError("folder-unusable", fault);
}

/**
 * Why others could have put something into this folder, or the folder itself there; undefined: they could not. Whoever
 * owns a folder above it can put another in its place, so all of them count.
 * @param user whose it should be
 * @throws when it can't be looked at
 */
export function privateDirectoryFault(
  path: string,
  user: number | undefined = process.getuid?.(),
): string | undefined {
  if (user === undefined || process.platform === "win32") return undefined; // Access lists keep the folders there.
  const own = lstatSync(realpathSync(path));
  if (own.uid !== user) return `${path} belongs to another user.`;
  if ((own.mode & 0o077) !== 0) return `${path} is open to other users; run: chmod 700 ${path}`;
  const written = aboveOf(resolve(path));
  // As it is written, and where its links lead: each step of both may be another's.
  for (const folder of new Set([...written, ...aboveOf(realpathSync(path))])) {
    const fault = aboveFault(folder, lstatSync(folder), user);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function aboveFault(folder: string, stat: Stats, user: number): string | undefined {
  if (stat.uid !== user && !isSystem(stat.uid))
    return `${folder} belongs to another user, who could exchange what is in it.`;
  // In a folder with the sticky bit, such as /tmp, only its owner can exchange an entry.
  const isOpen = stat.isDirectory() && (stat.mode & 0o002) !== 0 && (stat.mode & 0o1000) === 0;
  return isOpen ? `${folder} can be written to by everybody, who could exchange what is in it.` : undefined;
}

/** Root; or whoever stands for it in a container that maps it to another number. */
function isSystem(uid: number): boolean {
  return uid === 0 || uid === lstatSync("/").uid;
}

/** The folders above, the nearest first. */
function aboveOf(path: string): readonly string[] {
  const above: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    above.push(folder);
    if (folder === dirname(folder)) return above;
  }
}
