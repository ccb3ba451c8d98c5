/**
 * What a configuration may say. These schemas check it, type it and document it: the published JSON Schema
 * and the tables of docs/config.md are made from them.
 */
import { installDirectory, limits, logLevels } from "@mcp-gateway/kit";
import { type Static, type TLiteral, Type } from "@sinclair/typebox";
import { OAuthSection } from "./oauth-section.ts";

export const transportNames = ["stdio", "sse", "http"] as const;
export const platformNames = ["linux", "darwin", "macos", "win32", "windows", "freebsd"] as const;

/** What holds for a key that is left out. `cwd` and `logs.directory` have defaults that depend on the place. */
export const serverDefaults = {
  inheritEnv: true,
  startupDelayMs: 0,
  startupTimeoutMs: limits.startupTimeoutMs,
  timeoutMs: limits.callTimeoutMs,
  isolation: "shared",
  names: "qualified",
  protocol: "auto",
  restart: "always",
  enabled: true,
} as const;

export const gatewayDefaults = {
  host: "127.0.0.1",
  port: 9000,
  logLevel: "info",
  logDirectory: `${installDirectory}/logs`,
  separator: "__",
  workers: 1,
  requestBytes: limits.requestBodyBytesMax,
  sessions: limits.sessionsMax,
  sessionIdleMs: limits.sessionIdleMs,
} as const;

type Literals<Names extends readonly string[]> = { -readonly [Index in keyof Names]: TLiteral<Names[Index]> };

function oneOf<const Names extends readonly string[]>(names: Names, options: Record<string, unknown>) {
  // `map` forgets that it yields one literal for each name, in order; Literals says it again.
  const literals = names.map((name) => Type.Literal(name)) as unknown as Literals<Names>;
  return Type.Union([...literals], options);
}

export const ServerEntry = Type.Object(
  {
    type: Type.Optional(
      oneOf(transportNames, {
        description:
          "How the server is spoken to. Guessed when left out: with `url`, `sse` if its path ends in /sse, else `http`; without, `stdio`.",
      }),
    ),
    command: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "The program to start: a name on PATH or a path; `~/` is your home. Never goes through a shell. Needed for `stdio`; for `sse` and `http` it starts the server that `url` then reaches.",
        examples: ["npx"],
      }),
    ),
    args: Type.Optional(
      Type.Array(Type.String(), {
        description: "The program's arguments, one string each.",
        examples: [["-y", "@playwright/mcp"]],
      }),
    ),
    env: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "Environment variables for the program, on top of what it inherits.",
        examples: [{ LOG_LEVEL: "1" }],
      }),
    ),
    inheritEnv: Type.Optional(
      Type.Boolean({
        default: serverDefaults.inheritEnv,
        description:
          "`true`: the program inherits the gateway's environment, less the gateway's own variables (`MCP_GATEWAY_…` but for the folder of compiled code, `BUN_CONFIG_MAX_HTTP_REQUESTS`). `false`: only what it needs to find its home and its tools (HOME, LOGNAME, PATH, SHELL, TERM, USER, or their Windows counterparts).",
      }),
    ),
    cwd: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "The folder the program starts in. Relative to the configuration file's folder, which is also the default; `~/` is your home.",
        examples: ["./data"],
      }),
    ),
    url: Type.Optional(
      Type.String({
        minLength: 1,
        description: "The server's address, http or https. Needed for `sse` and `http`.",
        examples: ["https://mcp.example.com/mcp"],
      }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: "HTTP headers sent with every request to `url`.",
        examples: [{ Authorization: `Bearer \${TOKEN}` }],
      }),
    ),
    oauth: Type.Optional(OAuthSection),
    startupDelayMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: limits.startupTimeoutMsMax,
        default: serverDefaults.startupDelayMs,
        description:
          "For `sse` and `http` with `command`: how long to wait after the start before `url` is first tried. It is then tried until it answers.",
      }),
    ),
    startupTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: limits.startupTimeoutMsMax,
        default: serverDefaults.startupTimeoutMs,
        description: "How long the server may take from its start to an answered handshake.",
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: limits.callTimeoutMsMax,
        default: serverDefaults.timeoutMs,
        description: "How long one call may take before it is cancelled.",
      }),
    ),
    isolation: Type.Optional(
      oneOf(["shared", "session"], {
        default: serverDefaults.isolation,
        description:
          "`shared`: one process (or connection) for all clients. `session`: one for each client session.",
      }),
    ),
    names: Type.Optional(
      oneOf(["qualified", "own"], {
        default: serverDefaults.names,
        description:
          "The names under which all clients see its tools and prompts: `qualified`, with the server's name in front, or its `own`. One server at most may show its own.",
      }),
    ),
    protocol: Type.Optional(
      oneOf(["auto", "session", "stateless"], {
        default: serverDefaults.protocol,
        description:
          "Which era of MCP the server speaks: `session` (up to 2025-11-25), `stateless` (2026-07-28), or `auto`: found out at its start and remembered.",
      }),
    ),
    restart: Type.Optional(
      oneOf(["always", "on-failure", "never"], {
        default: serverDefaults.restart,
        description:
          "When the server is started again after it ended: `always`, only `on-failure` (an exit code other than 0, or a signal), or `never`.",
      }),
    ),
    enabled: Type.Optional(
      Type.Boolean({
        default: serverDefaults.enabled,
        description: `\`false\` keeps the entry without using it. Its \`\${…}\` are not looked at.`,
      }),
    ),
    platforms: Type.Optional(
      Type.Array(oneOf(platformNames, {}), {
        minItems: 1,
        description:
          "Use the entry only on these systems (`darwin` and `macos` are one, as are `win32` and `windows`). All when left out.",
        examples: [["linux", "macos"]],
      }),
    ),
  },
  { additionalProperties: false },
);
export type ServerEntry = Static<typeof ServerEntry>;

export const GatewaySection = Type.Object(
  {
    host: Type.Optional(
      Type.String({
        minLength: 1,
        default: gatewayDefaults.host,
        description: "The address to listen on. Beyond this machine (`0.0.0.0`), clients must send a token.",
      }),
    ),
    port: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        default: gatewayDefaults.port,
        description: "The port to listen on; 0 takes any free one.",
      }),
    ),
    logLevel: Type.Optional(
      oneOf(logLevels, {
        default: gatewayDefaults.logLevel,
        description: "The least important events that are logged.",
      }),
    ),
    logs: Type.Optional(
      Type.Object(
        {
          directory: Type.Optional(
            Type.String({
              minLength: 1,
              description:
                "Where log files go. Relative to the configuration file's folder; default: `logs` where the gateway is installed. The environment variable MCP_GATEWAY_LOG_DIR wins over it.",
            }),
          ),
        },
        { additionalProperties: false, description: "Log files." },
      ),
    ),
    workers: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: limits.workersMax,
        default: gatewayDefaults.workers,
        description:
          "How many processes serve clients, for machines with many cores (docs/workers.md). Linux only; elsewhere there is one.",
      }),
    ),
    separator: Type.Optional(
      oneOf(["__", "/"], {
        default: gatewayDefaults.separator,
        description:
          "Stands between server and tool in the names clients see. Many clients refuse `/`; in calls both are understood.",
      }),
    ),
    token: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "The bearer token clients must send. When left out, none is needed on this machine, and one is made and shown when `host` reaches beyond it.",
      }),
    ),
    allowedHosts: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description:
          "Names under which clients may address the gateway (the Host header), besides its own address.",
        examples: [["gateway.example.com"]],
      }),
    ),
    allowedOrigins: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: "Web pages that may use the gateway (the Origin header), besides those of this machine.",
        examples: [["https://app.example.com"]],
      }),
    ),
    limits: Type.Optional(
      Type.Object(
        {
          requestBytes: Type.Optional(
            Type.Integer({
              minimum: limits.requestBodyBytesFloor,
              maximum: limits.requestBodyBytesCeiling,
              default: gatewayDefaults.requestBytes,
              description: "The largest request a client may send.",
            }),
          ),
          sessions: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: limits.sessionsCeiling,
              default: gatewayDefaults.sessions,
              description: "The most client sessions at once.",
            }),
          ),
          sessionIdleMs: Type.Optional(
            Type.Integer({
              minimum: limits.sessionIdleMsFloor,
              maximum: limits.sessionIdleMsCeiling,
              default: gatewayDefaults.sessionIdleMs,
              description: "A session without a request and without an open stream ends after this time.",
            }),
          ),
        },
        { additionalProperties: false, description: "Bounds that protect the gateway." },
      ),
    ),
  },
  { additionalProperties: false },
);
export type GatewaySection = Static<typeof GatewaySection>;
