/** Where this machine's own Debian packages come from; read when it is needed, never a name that is written here. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @returns undefined when the sources of apt name none */
export function mirror(etc = "/etc/apt"): string | undefined {
  const listed = join(etc, "sources.list.d");
  const files = [
    ...(existsSync(listed) ? readdirSync(listed).map((name) => join(listed, name)) : []),
    join(etc, "sources.list"),
  ].filter((path) => /\.(?:sources|list)$/u.test(path) && existsSync(path));
  const places = files.flatMap((path) => {
    const pattern = path.endsWith(".sources") ? /^URIs:\s*(\S+)/gmu : /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/gmu;
    return Array.from(readFileSync(path, "utf8").matchAll(pattern), ([, place = ""]) => place);
  });
  return places.find((place) => /\/debian\/?$/u.test(place)) ?? places[0];
}
