/** Back-pressure for readers: while it is shut, nobody takes the next chunk. */
export class Gate {
  #shut: PromiseWithResolvers<void> | undefined;

  pause(): void {
    this.#shut ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.#shut?.resolve();
    this.#shut = undefined;
  }

  /** Something to wait for while it is shut; undefined when open, so that the fast path costs no tick. */
  get shut(): Promise<void> | undefined {
    return this.#shut?.promise;
  }
}
