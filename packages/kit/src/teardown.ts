/** Things to undo, in the reverse order of their making. One step that fails does not skip the rest. */
export class Teardown {
  readonly #steps: { readonly name: string; readonly run: () => void | Promise<void> }[] = [];

  add(name: string, run: () => void | Promise<void>): void {
    this.#steps.push({ name, run });
  }

  /** Runs every step once; what failed comes back, by name. */
  async run(): Promise<readonly { readonly name: string; readonly cause: unknown }[]> {
    const failures: { name: string; cause: unknown }[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.run();
      } catch (cause) {
        failures.push({ name: step.name, cause });
      }
    }
    return failures;
  }
}
