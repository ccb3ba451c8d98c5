/** Comparing messages byte for byte, and showing where they differ. */

/** A message of megabytes is compared, not printed. In an event stream a line end has become a space. */
export function expectSame(what: string, came: string, sent: string): void {
  // CRLF is one line end to whoever reads a stream, and two characters to whoever writes one.
  const withSpaces = [/[\r\n]/gu, /\r\n|\r|\n/gu].map((ends) => sent.replaceAll(ends, " "));
  if (came === sent || withSpaces.includes(came)) return;
  // Where a stream brought it here, CRLF had become LF already.
  if (came === sent.replaceAll(/\r\n|\r/gu, "\n")) return;
  const at = Array.from(came).findIndex((_, index) => came[index] !== sent[index]);
  const around = (text: string): string => text.slice(Math.max(0, at - 60), at + 60);
  throw new Error(
    `${what}: differs at ${at}, ${came.length} characters for ${sent.length}\ncame ${around(came)}\nsent ${around(sent)}`,
  );
}
