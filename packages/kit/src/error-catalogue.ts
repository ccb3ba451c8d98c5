/**
 * The only place where error codes are born.
 *
 * `code` is what people and scripts see; `jsonrpc` and `http` are how it is said on the wire
 * (JSON-RPC 2.0 section 5.1; MCP leaves -32000..-32019 to implementations); `remedy` says what to do.
 * `docs/errors.md` is generated from this table.
 */
export interface ErrorKind {
  readonly jsonrpc: number;
  readonly http: number;
  /** What happened, as a sentence without facts. */
  readonly summary: string;
  /** What the reader can do about it. */
  readonly remedy: string;
}

export const errorCatalogue = {
  // Said to clients about their own requests.
  "parse-error": {
    jsonrpc: -32700,
    http: 400,
    summary: "The body is not valid JSON.",
    remedy: "Send one JSON-RPC message as UTF-8 JSON.",
  },
  "invalid-request": {
    jsonrpc: -32600,
    http: 400,
    summary: "The message is not a valid JSON-RPC request.",
    remedy: "Send `jsonrpc`, `id`, `method` and `params` as JSON-RPC 2.0 has them.",
  },
  "method-not-found": {
    jsonrpc: -32601,
    http: 200,
    summary: "The method does not exist here.",
    remedy: "Check the method name and the capabilities the server declared.",
  },
  "invalid-params": {
    jsonrpc: -32602,
    http: 200,
    summary: "The parameters do not fit the method.",
    remedy: "Check the parameters against the MCP specification.",
  },
  "unknown-tool": {
    jsonrpc: -32602,
    http: 200,
    summary: "No tool has this name.",
    remedy: "List the tools again; `gateway tools` shows every name.",
  },
  "unknown-task": {
    jsonrpc: -32602,
    http: 200,
    summary: "The session has no such task.",
    remedy: "List the session's tasks; a task belongs to the session that made it.",
  },
  "task-lost": {
    jsonrpc: -32602,
    http: 200,
    summary: "The connection at which the task was made is gone, and the task with it.",
    remedy: "Check what it did before making it anew; the server's log may say why it ended.",
  },
  "task-id-taken": {
    jsonrpc: -32603,
    http: 200,
    summary:
      "The server gave the new task an id that another task has, so that nobody could ask for it safely.",
    remedy:
      "Report it to the server's author: ids of tasks must be unique. Its own address helps if the other task is another server's.",
  },
  "unknown-prompt": {
    jsonrpc: -32602,
    http: 200,
    summary: "No prompt has this name.",
    remedy: "List the prompts again.",
  },
  "unknown-resource": {
    jsonrpc: -32002,
    http: 200,
    summary: "No server has this resource.",
    remedy: "List the resources again.",
  },
  "duplicate-request-id": {
    jsonrpc: -32600,
    http: 400,
    summary: "A request with this id is still in flight in this session.",
    remedy: "Give every request of a session its own id.",
  },
  "not-initialized": {
    jsonrpc: -32600,
    http: 400,
    summary: "The session is not initialized.",
    remedy: "Send `initialize` first.",
  },
  "session-required": {
    jsonrpc: -32600,
    http: 400,
    summary: "The request names no session.",
    remedy: "Send `initialize` first and repeat the Mcp-Session-Id it returned.",
  },
  "session-unknown": {
    jsonrpc: -32001,
    http: 404,
    summary: "The session does not exist or has ended.",
    remedy: "Send `initialize` to begin a new one.",
  },
  "worker-lost": {
    jsonrpc: -32000,
    http: 502,
    summary: "The gateway process that holds the session ended while it worked on the request.",
    remedy: "The request may have run: look before you repeat it. Send `initialize` to begin a new session.",
  },
  "protocol-version-unsupported": {
    jsonrpc: -32600,
    http: 400,
    summary: "The MCP-Protocol-Version is not supported.",
    remedy: "Use the version that `initialize` returned.",
  },
  "request-meta-invalid": {
    jsonrpc: -32602,
    http: 400,
    summary: "The request lacks what every request of the stateless revision needs in `_meta`.",
    remedy: "Send the protocol version and the client's capabilities in `params._meta` of each request.",
  },
  "header-mismatch": {
    jsonrpc: -32020,
    http: 400,
    summary: "A header is missing or differs from the body.",
    remedy: "Send MCP-Protocol-Version, Mcp-Method, Mcp-Name and Mcp-Param-* as the body has them.",
  },
  "revision-unsupported": {
    jsonrpc: -32022,
    http: 400,
    summary: "The protocol version in `_meta` is not supported.",
    remedy: "Use one of those in `data.supported`, or begin a session with `initialize`.",
  },
  "client-capability-missing": {
    jsonrpc: -32021,
    http: 400,
    summary: "The server needs something of the client that the request did not declare.",
    remedy: "Use a client that has it; `data.requiredCapabilities` says what is needed.",
  },
  "request-state-invalid": {
    jsonrpc: -32602,
    http: 200,
    summary: "The `requestState` is not one that this gateway gave to this client for this request.",
    remedy: "Make the request anew, without `requestState`; after a restart of the gateway all are void.",
  },
  "request-state-over": {
    jsonrpc: -32602,
    http: 200,
    summary: "The `requestState` leads to a call that waits no longer, or was used already.",
    remedy: "Make the request anew, without `requestState`.",
  },
  "input-declined": {
    jsonrpc: -32000,
    http: 200,
    summary: "The user did not open the page that the server needs to be opened first.",
    remedy: "Make the request anew and open the page.",
  },
  "host-forbidden": {
    jsonrpc: -32600,
    http: 403,
    summary: "The Host header is not one this gateway answers to.",
    remedy: "Use the address the gateway printed, or add the name to `gateway.allowedHosts`.",
  },
  "origin-forbidden": {
    jsonrpc: -32600,
    http: 403,
    summary: "The Origin header is not allowed.",
    remedy: "Add the web page's origin to `gateway.allowedOrigins` if you trust it.",
  },
  "header-invalid": {
    jsonrpc: -32600,
    http: 400,
    summary: "A header is repeated or malformed.",
    remedy: "Send the header once.",
  },
  unauthorized: {
    jsonrpc: -32600,
    http: 401,
    summary: "A valid bearer token is needed.",
    remedy: "Send `Authorization: Bearer <token>`; the gateway printed where its token is kept.",
  },
  "not-found": {
    jsonrpc: -32600,
    http: 404,
    summary: "There is nothing at this address.",
    remedy: "MCP is served at /mcp, /sse and /servers/<name>/mcp.",
  },
  "method-not-allowed": {
    jsonrpc: -32600,
    http: 405,
    summary: "This address does not take that HTTP method.",
    remedy: "See the Allow header.",
  },
  "not-acceptable": {
    jsonrpc: -32600,
    http: 406,
    summary: "The Accept header excludes what this address answers with.",
    remedy: "Accept both application/json and text/event-stream.",
  },
  "content-type-unsupported": {
    jsonrpc: -32600,
    http: 415,
    summary: "The body is not declared as JSON.",
    remedy: "Send `Content-Type: application/json`.",
  },
  "body-too-large": {
    jsonrpc: -32600,
    http: 413,
    summary: "The request is larger than the limit.",
    remedy: "Raise `gateway.limits.requestBytes`, or send less.",
  },
  "body-timeout": {
    jsonrpc: -32600,
    http: 408,
    summary: "The body did not arrive in time.",
    remedy: "Send the whole body at once.",
  },
  "json-too-deep": {
    jsonrpc: -32600,
    http: 400,
    summary: "The JSON is nested too deeply.",
    remedy: "Flatten it.",
  },
  "too-many-sessions": {
    jsonrpc: -32005,
    http: 503,
    summary: "The gateway holds as many sessions as it may.",
    remedy: "Close idle clients, or raise `gateway.limits.sessions`.",
  },
  "too-many-connections": {
    jsonrpc: -32005,
    http: 503,
    summary: "The gateway has as many requests open as its file descriptors allow.",
    remedy: "Close idle clients, or raise the limit of open files (`ulimit -n`, LimitNOFILE=).",
  },
  "too-many-calls": {
    jsonrpc: -32005,
    http: 429,
    summary: "Too many requests are in flight.",
    remedy: "Wait for some to end.",
  },
  "answers-unread": {
    jsonrpc: -32005,
    http: 429,
    summary: "The request was carried out, but its answer is left out: earlier answers are still unread.",
    remedy:
      "Read each answer to its end, or close its connection; then ask again, where a second run does no harm.",
  },
  "too-many-streams": {
    jsonrpc: -32005,
    http: 429,
    summary: "The session has as many open streams as it may.",
    remedy: "Close one.",
  },
  "too-many-subscriptions": {
    jsonrpc: -32005,
    http: 200,
    summary: "The session watches as many resources as it may.",
    remedy: "Unsubscribe from some.",
  },
  "shutting-down": {
    jsonrpc: -32006,
    http: 503,
    summary: "The gateway is shutting down.",
    remedy: "Try again in a few seconds.",
  },

  // Said to clients about backends.
  "backend-unknown": {
    jsonrpc: -32602,
    http: 404,
    summary: "No server of this name is configured.",
    remedy: "`gateway status` lists the configured servers.",
  },
  "backend-not-ready": {
    jsonrpc: -32000,
    http: 200,
    summary: "The server is not ready.",
    remedy: "`gateway status` says why and what to do.",
  },
  "backend-lost": {
    jsonrpc: -32000,
    http: 200,
    summary: "The server went away before it answered. The call may have run.",
    remedy: "Check what it did before calling again; the server is being restarted.",
  },
  "backend-renewing": {
    jsonrpc: -32000,
    http: 200,
    summary: "The connection to the server is being made anew. The call was not run.",
    remedy: "Call again in a moment.",
  },
  "backend-stalled": {
    jsonrpc: -32000,
    http: 200,
    summary: "The server has stopped reading its input.",
    remedy: "`gateway restart <server>` if it does not recover by itself.",
  },
  "backend-overloaded": {
    jsonrpc: -32005,
    http: 200,
    summary: "The server has as many calls in flight as it may.",
    remedy: "Wait for some to end.",
  },
  "backend-malformed": {
    jsonrpc: -32603,
    http: 200,
    summary: "The server's answer was malformed.",
    remedy: "The log has the beginning of it; report it to the server's author.",
  },
  "backend-oversized": {
    jsonrpc: -32603,
    http: 200,
    summary: "The server's answer is larger than the limit.",
    remedy: "Ask for less.",
  },
  "backend-http": {
    jsonrpc: -32000,
    http: 200,
    summary: "The server's HTTP endpoint refused the message.",
    remedy: "Check the server's address, headers and log.",
  },
  "sign-in-required": {
    jsonrpc: -32000,
    http: 200,
    summary: "The server wants somebody to sign in first. The call was not run.",
    remedy: "`gateway login <server>` signs in; `gateway status` names the server.",
  },
  "sign-in-scope": {
    jsonrpc: -32000,
    http: 200,
    summary: "The sign-in at the server does not allow this. The call was not run.",
    remedy: "`gateway login <server>` asks for the further rights.",
  },
  "sign-in-failed": {
    jsonrpc: -32000,
    http: 502,
    summary: "Signing in at the server did not work.",
    remedy: "See what the message says; docs/sign-in.md has the settings of `oauth`.",
  },
  "call-timeout": {
    jsonrpc: -32001,
    http: 200,
    summary: "The server did not answer in time; the call was cancelled.",
    remedy: "Raise `timeoutMs` of the server if it needs longer.",
  },
  "call-cancelled": {
    jsonrpc: -32800,
    http: 200,
    summary: "The call was cancelled.",
    remedy: "Nothing: the client asked for it.",
  },
  "too-many-instances": {
    jsonrpc: -32005,
    http: 200,
    summary: "The server has as many connections of client sessions as it may.",
    remedy: 'Close idle clients, or give the server `"isolation": "shared"`.',
  },
  "instance-closed": {
    jsonrpc: -32000,
    http: 200,
    summary: "The client's own connection to the server was closed.",
    remedy: "Nothing: the next call opens a new one.",
  },
  "supervisor-lost": {
    jsonrpc: -32000,
    http: 200,
    summary: "The supervisor, which runs the servers, is not reachable.",
    remedy: "It is restarted by itself; `gateway status` shows when it is back.",
  },

  // Said to backends.
  "client-request-unsupported": {
    jsonrpc: -32601,
    http: 200,
    summary: "This gateway does not pass this request on to a client.",
    remedy: "Do not send requests for capabilities that were not declared.",
  },

  "client-request-unattributed": {
    jsonrpc: -32603,
    http: 200,
    summary: "It is not certain which client this request belongs to.",
    remedy: 'Give the server `"isolation": "session"`, so that each client has its own.',
  },
  "client-refused": {
    jsonrpc: -32603,
    http: 200,
    summary: "The client answered the server's question with an error.",
    remedy: "See the client; the call can be made again.",
  },
  "client-gone": {
    jsonrpc: -32603,
    http: 200,
    summary: "The client's call ended before the client answered.",
    remedy: "Nothing: the call that needed the answer is over.",
  },

  // Said at the start and in control requests.
  "config-invalid": {
    jsonrpc: -32603,
    http: 500,
    summary: "The configuration has faults.",
    remedy: "Mend each line named; `gateway config check` checks it.",
  },
  "address-in-use": {
    jsonrpc: -32603,
    http: 500,
    summary: "Another program listens on this address.",
    remedy: "Stop it, or choose another port with --port.",
  },
  "address-unusable": {
    jsonrpc: -32603,
    http: 500,
    summary: "The gateway can't listen on this address.",
    remedy: "Check --host and --port.",
  },
  "already-running": {
    jsonrpc: -32603,
    http: 500,
    summary: "A supervisor for this configuration is already running.",
    remedy: "`gateway status` shows it. Stop it first, or name another configuration with --config.",
  },
  "socket-path": {
    jsonrpc: -32603,
    http: 500,
    summary: "The socket's path is too long or can't be used.",
    remedy: "Set MCP_GATEWAY_RUNTIME_DIR to a short path.",
  },
  "folder-unusable": {
    jsonrpc: -32603,
    http: 500,
    summary: "A folder of the gateway can't be made, or others could have prepared it.",
    remedy: "Mend that, or name others with MCP_GATEWAY_RUNTIME_DIR and MCP_GATEWAY_STATE_DIR.",
  },
  "operation-invalid": {
    jsonrpc: -32602,
    http: 409,
    summary: "The operation does not fit the server's state.",
    remedy: "`gateway status` shows its state.",
  },
  internal: {
    jsonrpc: -32603,
    http: 500,
    summary: "Something went wrong inside the gateway.",
    remedy: "The log has the details; please report it.",
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCatalogue;
