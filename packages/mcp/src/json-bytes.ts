/** The bytes that JSON's grammar names, and the two smallest steps over them. */
export const Byte = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  lowerA: 0x61,
  lowerE: 0x65,
  lowerF: 0x66,
  lowerL: 0x6c,
  lowerN: 0x6e,
  lowerR: 0x72,
  lowerS: 0x73,
  lowerT: 0x74,
  lowerU: 0x75,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** Letters differ from their capitals in this bit alone, braces from brackets too. */
export const caseBit = 0x20;

export function skipSpace(bytes: Uint8Array, at: number): number {
  let position = at;
  for (;;) {
    const byte = bytes[position];
    if (byte !== Byte.space && byte !== Byte.lineFeed && byte !== Byte.carriageReturn && byte !== Byte.tab) {
      return position;
    }
    position += 1;
  }
}

/** Whether `pattern` stands at `at`. */
export function standsAt(bytes: Uint8Array, at: number, pattern: Uint8Array): boolean {
  for (let index = 0; index < pattern.length; index += 1) {
    if (bytes[at + index] !== pattern[index]) return false;
  }
  return true;
}
