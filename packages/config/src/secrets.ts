/** Which values of a configuration are secrets, so that they can be struck out of logs and reports. Pure. */

const secretWords = new Set([
  "token",
  "tokens",
  "key",
  "keys",
  "secret",
  "secrets",
  "password",
  "passwd",
  "passphrase",
  "pwd",
  "pass",
  "authorization",
  "auth",
  "bearer",
  "credential",
  "credentials",
  "cookie",
  "pat",
  "dsn",
  "jwt",
]);

/** `GITHUB_PAT`, `X-API-Key`, `apiKey`, `access_token`, `OPENAI_APIKEY` … but not `KEYBOARD` or `PATH`. */
export function isSecretName(name: string): boolean {
  if (name === "PWD" || name === "OLDPWD") return false; // The shell's own: the current folder.
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => secretWords.has(word)) || /apikey|token|secret|passw/i.test(name);
}

/** Set by systems and shells, never to a secret; striking their values out would blacken whole logs. */
const plainVariables = new Set(
  (
    "HOME USER LOGNAME PWD OLDPWD SHELL PATH TERM LANG LC_ALL TZ TMPDIR TEMP TMP HOSTNAME COMPUTERNAME APPDATA LOCALAPPDATA PROGRAMDATA " +
    "USERPROFILE USERNAME HOMEDRIVE HOMEPATH SYSTEMROOT PROGRAMFILES XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME " +
    "XDG_RUNTIME_DIR NODE_ENV DISPLAY EDITOR"
  ).split(" "),
);

const plainValue =
  /^(?:true|false|yes|no|on|off|none|null|disabled|enabled|anonymous|production|development|localhost|[\d.:]+)$/i;

/** Words, numbers and addresses that say nothing by themselves, and folders of this machine. */
function isPlainValue(value: string, isFolderOrFile: (path: string) => boolean): boolean {
  return plainValue.test(value) || (/^(?:\/|[A-Za-z]:[\\/])/.test(value) && isFolderOrFile(value));
}

/** Collects values to be struck out. */
export class Secrets {
  readonly #values = new Set<string>();
  readonly #isFolderOrFile: (path: string) => boolean;

  constructor(isFolderOrFile: (path: string) => boolean) {
    this.#isFolderOrFile = isFolderOrFile;
  }

  get values(): ReadonlySet<string> {
    return this.#values;
  }

  /** A value that was put in for `${from}`. */
  fromOutside(from: string, value: string): void {
    if (plainVariables.has(from.toUpperCase())) return;
    this.#add(value);
  }

  /** A finished value that stands under a name of its own: a variable, a header, a query parameter. */
  named(name: string, value: string): void {
    if (!isSecretName(name)) return;
    this.#add(value);
    // `Bearer abc`: the second word is the secret, and turns up alone.
    const word = /^[A-Za-z]+ +(\S+)$/.exec(value)?.[1];
    if (word !== undefined) this.#add(word);
  }

  /** `--api-key abc` and `--api-key=abc`. */
  inArguments(args: readonly string[]): void {
    for (const [index, argument] of args.entries()) {
      const match = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(argument);
      if (match?.[1] === undefined) continue;
      const value = match[2] ?? args[index + 1];
      if (value !== undefined && !(match[2] === undefined && value.startsWith("-")))
        this.named(match[1], value);
    }
  }

  inUrl(url: URL): void {
    for (const [name, value] of url.searchParams) this.named(name, value);
  }

  #add(value: string): void {
    if (value !== "" && !isPlainValue(value, this.#isFolderOrFile)) this.#values.add(value);
  }
}
