/** Thrown while a command line is read: it is not understood well enough to say which commands are in it. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}
