/**
 * How far an address reaches: this machine, this network, or everybody. What a server on the internet names must
 * not lead into the network or the machine that the gateway runs in. Pure.
 */
export type Reach = "loopback" | "private" | "public";

/** @param address an IP address, as a resolver gives it */
export function reachOf(address: string): Reach {
  const bare = address.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(bare)) {
    const bytes = bare.split(".").map(Number);
    return bytes.every((byte) => byte <= 255) ? reachOf4(bytes) : "private";
  }
  if (bare.includes(":") && URL.canParse(`http://[${bare}]/`)) return reachOf6(groupsOf(bare));
  return "private"; // No address at all: nothing good is known about it.
}

/** May what a server of this reach names be asked? */
export function mayLeadTo(server: Reach, target: Reach): boolean {
  if (target === "public") return true;
  return target === "loopback" ? server === "loopback" : server !== "public";
}

/** The furthest into the machine of several: each of them may be the one that is connected to. */
export function nearest(reaches: readonly Reach[]): Reach {
  if (reaches.includes("loopback")) return "loopback";
  return reaches.includes("private") || reaches.length === 0 ? "private" : "public";
}

/** Blocks that are not on the internet (IANA's registries of special-purpose addresses): base, and bits of it that count. */
const special4 = [
  [[0, 0, 0, 0], 8],
  [[10, 0, 0, 0], 8],
  [[100, 64, 0, 0], 10],
  [[169, 254, 0, 0], 16],
  [[172, 16, 0, 0], 12],
  [[192, 0, 0, 0], 24],
  [[192, 0, 2, 0], 24],
  [[192, 88, 99, 0], 24],
  [[192, 168, 0, 0], 16],
  [[198, 18, 0, 0], 15],
  [[198, 51, 100, 0], 24],
  [[203, 0, 113, 0], 24],
  [[224, 0, 0, 0], 3],
] as const;

function reachOf4(bytes: readonly number[]): Reach {
  if (bytes[0] === 127) return "loopback";
  // What is sent to 0.0.0.0 comes to this machine.
  if (bytes.every((byte) => byte === 0)) return "loopback";
  const isSpecial = special4.some(([base, bits]) => sameBits(bytes, base, bits));
  return isSpecial ? "private" : "public";
}

function sameBits(a: readonly number[], b: readonly number[], bits: number): boolean {
  const number = (bytes: readonly number[]): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const below = 2 ** (32 - bits);
  return Math.floor(number(a) / below) === Math.floor(number(b) / below);
}

function reachOf6(groups: readonly number[]): Reach {
  const [a = 0, b = 0, c = 0] = groups;
  const tail = groups.slice(6).flatMap((group) => [group >> 8, group & 255]);
  const isZeroUntil = (end: number): boolean => groups.slice(0, end).every((group) => group === 0);
  if (isZeroUntil(7) && (groups[7] ?? 0) <= 1) return "loopback"; // ::1, and :: which is this machine, too.
  if (isZeroUntil(5) && groups[5] === 0xffff) return reachOf4(tail); // IPv4 in IPv6.
  if (isZeroUntil(6)) return reachOf4(tail);
  // NAT64 and 6to4 lead to the IPv4 address in them.
  if (a === 0x64 && b === 0xff9b && groups.slice(2, 6).every((group) => group === 0)) return reachOf4(tail);
  if (a === 0x2002) return reachOf4([b >> 8, b & 255, c >> 8, c & 255]);
  const isGlobal = a >= 0x2000 && a <= 0x3fff;
  const isTeredoOrOther = a === 0x2001 && b < 0x200;
  const isDocumentation = (a === 0x2001 && b === 0xdb8) || (a === 0x3fff && b < 0x1000);
  return isGlobal && !isTeredoOrOther && !isDocumentation ? "public" : "private";
}

function groupsOf(address: string): readonly number[] {
  // The URL parser writes every spelling in one form: hexadecimal, with one gap at most.
  const written = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = written.split("::");
  const groups = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return groups(head);
  const [before, after] = [groups(head), groups(tail)];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}
