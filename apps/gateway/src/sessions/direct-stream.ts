/**
 * Bun's direct streams: bytes go to the socket without passing through a queue of the web platform's. The DOM's types
 * do not know them.
 */

/** What is used of Bun's controller; `write` gives a promise while the client does not read fast enough. */
export interface DirectController {
  write(bytes: Uint8Array): number | Promise<number>;
  flush(): unknown;
  /**
   * What the `write`s before it were given goes out in one piece. If the client does not take it at once, a promise tells
   * when it has, or has gone away. Of what a promise of `write` stands for nothing more is heard: end it after that.
   */
  end(): unknown;
}

export interface DirectSource {
  /** Called when the response begins; the stream stays open until `end`. */
  pull(controller: DirectController): void;
  /** The client went away. */
  cancel?(): void;
}

/** @param strategy what reaches the mark is sent before the end is known */
export function directStream(
  source: DirectSource,
  strategy?: { readonly highWaterMark: number },
): ReadableStream<Uint8Array> {
  const direct = { type: "direct", ...source };
  return new ReadableStream<Uint8Array>(direct as unknown as UnderlyingDefaultSource<Uint8Array>, strategy);
}
