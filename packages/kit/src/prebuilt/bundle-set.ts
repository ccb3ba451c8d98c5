/**
 * Bundles with bytecode: what a program is made of in one file, parsed and compiled already. Programs that start
 * together are one set, built together and found with one look.
 */

export interface BundleSet {
  /** Names its files in the cache. */
  readonly name: string;
  /**
   * The module of each program, relative to the folder of the installation. It exports `start`, and calls it when
   * it is run itself.
   */
  readonly programs: Readonly<Record<string, string>>;
}

export type StartProgram = (args: readonly string[], bundles?: Bundles) => Promise<void>;

export interface ProgramModule {
  readonly start: StartProgram;
}

/** The file of each program of a set. */
export type Bundles = ReadonlyMap<string, string>;

/** The programs of this repository's `apps`. */
export const appSet = {
  name: "apps",
  programs: {
    cli: "apps/cli/src/main.ts",
    launcher: "apps/cli/src/launch.ts",
    gateway: "apps/gateway/src/program.ts",
    supervisor: "apps/supervisor/src/program.ts",
  },
} as const satisfies BundleSet;
