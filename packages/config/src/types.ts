/** How the gateway signs in at a server (OAuth). What is undefined is found out. */
export interface OAuthSettings {
  readonly grant: "authorization_code" | "client_credentials";
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  /** PEM, PKCS #8. */
  readonly privateKey: string | undefined;
  readonly clientMetadataUrl: string | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly issuer: string | undefined;
  readonly redirectUri: string | undefined;
}

/** A configuration after it was read, checked, expanded and given its defaults. */
export interface ServerConfig {
  readonly name: string;
  /** Position in the file, from 0. */
  readonly order: number;
  readonly transport: "stdio" | "sse" | "http";
  /** Present for stdio, and for sse/http servers that the gateway starts itself. */
  readonly command: string | undefined;
  readonly args: readonly string[];
  /** Only what the entry sets; expanded. */
  readonly env: Readonly<Record<string, string>>;
  /** True: `env` is merged over the inherited environment; false: over a short safe list. */
  readonly inheritEnv: boolean;
  /** Absolute. Default: the configuration file's folder. */
  readonly cwd: string;
  /** Present for sse and http. Expanded. */
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: it never signs in, because there is nothing to sign in at or because the entry says so. */
  readonly oauth: OAuthSettings | undefined;
  readonly startupDelayMs: number;
  readonly startupTimeoutMs: number;
  readonly timeoutMs: number;
  readonly isolation: "shared" | "session";
  /** `own`: on the merged face, its tools and prompts have their own names alone. */
  readonly names: "qualified" | "own";
  readonly protocol: "auto" | "session" | "stateless";
  readonly restart: "always" | "on-failure" | "never";
  readonly enabled: boolean;
  /** `process.platform` values it is meant for; undefined: all. */
  readonly platforms: readonly string[] | undefined;
}

export interface GatewaySettings {
  readonly host: string;
  readonly port: number;
  readonly logLevel: "debug" | "info" | "warning" | "error" | "critical";
  readonly logDirectory: string;
  /** Between server and tool in exposed names. */
  readonly separator: "__" | "/";
  /** Gateway processes behind the one address. */
  readonly workers: number;
  /** Bearer token demanded of clients; undefined: none on loopback, a generated one otherwise. */
  readonly token: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly limits: {
    readonly requestBytes: number;
    readonly sessions: number;
    readonly sessionIdleMs: number;
  };
}

export interface Config {
  /** Absolute path of the file. */
  readonly path: string;
  readonly gateway: GatewaySettings;
  readonly servers: readonly ServerConfig[];
}

/** One fault of a configuration, for people. */
export interface ConfigFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `mcpServers.playwright.args[1]`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, and what would be right. */
  readonly message: string;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigFault[] }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };

/** What the gateway process reads: its own section, and which servers the file names. */
export type GatewaySettingsResult =
  | {
      readonly ok: true;
      readonly settings: GatewaySettings;
      /** Every name of the file, in its order, disabled ones included. */
      readonly serverNames: readonly string[];
      readonly warnings: readonly ConfigFault[];
    }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] };
