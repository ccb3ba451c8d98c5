/** Where bash is, or what to do when it is nowhere. */

export type FoundBash =
  | { readonly isFound: true; readonly path: string }
  | { readonly isFound: false; readonly sentences: readonly string[] };

/** Looked for at each call, so that installing it helps without a restart. */
export function findBash(pathVariable: string | undefined = process.env["PATH"]): FoundBash {
  const path = Bun.which("bash", { PATH: pathVariable ?? "" });
  if (path !== null) return { isFound: true, path };
  return {
    isFound: false,
    sentences: [
      "bash was not found, so nothing was run. The server looks for it in the folders of PATH:",
      pathVariable === undefined || pathVariable === "" ? "(PATH is not set)" : pathVariable,
      "Install bash (Debian and Ubuntu: apt-get install bash; Alpine: apk add bash; Windows: WSL or Git for Windows), or set PATH in the `env` of this server's entry in config.json.",
    ],
  };
}
