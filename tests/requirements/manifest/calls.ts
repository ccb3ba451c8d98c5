/** Calls of tools: what goes in, what comes back, and what happens meanwhile. */
import type { Manifest } from "../requirement.ts";
import { oneRequestProcess, onlySessionBackends, onlySessionClients } from "./reasons.ts";

const called = "server/tools#calling-tools";
const errors = "server/tools#error-handling";
const requestIds = { "2024-10-07": "basic/messages#requests", "2025-03-26": "basic/index#requests" } as const;
const meta = {
  "2024-10-07": "basic/utilities/progress#progress-flow",
  "2025-06-18": "basic/index#meta",
} as const;
const progress = {
  "2024-10-07": "basic/utilities/progress#behavior-requirements",
  "2026-07-28": "basic/patterns/progress#behavior-requirements",
} as const;
const cancelled = {
  "2024-10-07": "basic/utilities/cancellation#behavior-requirements",
  "2026-07-28": "basic/patterns/cancellation#behavior-requirements",
} as const;

export const calls: Manifest = {
  "tools:call:routed": {
    feature: "tools",
    sentence:
      "A call reaches the server that has the tool, under the server's own name for it, with its arguments.",
    spec: called,
  },
  "tools:call:result": {
    feature: "tools",
    sentence:
      "A result arrives with every kind of content, structured content and `_meta` as the server sent them.",
    spec: "server/tools#tool-result",
  },
  "tools:call:tool-error": {
    feature: "tools",
    sentence: "A tool's failure (`isError`) is a result and stays one.",
    spec: errors,
  },
  "tools:call:protocol-error": {
    feature: "tools",
    sentence: "A server's JSON-RPC error arrives with its own code, message and data.",
    spec: errors,
  },
  "tools:call:unknown": {
    feature: "tools",
    sentence: "A tool that no server has is refused with -32602.",
    spec: errors,
    noBackend: "The gateway knows every tool.",
  },
  "tools:call:alias": {
    feature: "tools",
    sentence: "A tool can be called as `<server>/<tool>` too.",
    spec: called,
  },
  "tools:call:own-face": {
    feature: "tools",
    sentence: "On a server's own address its tools have its own names, and only they are there.",
    spec: called,
  },
  "tools:call:id": {
    feature: "tools",
    sentence: "A request's id comes back as it was: a string, a number, zero.",
    spec: requestIds,
  },
  "tools:call:same-ids": {
    feature: "tools",
    sentence: "Two clients whose requests have the same id at the same time each get their own answer.",
    spec: requestIds,
  },
  "tools:call:duplicate-id": {
    feature: "tools",
    sentence: "A second request with the id of one in flight is refused, and the first is answered.",
    spec: requestIds,
    except: [onlySessionClients],
  },
  "tools:call:meta": {
    feature: "tools",
    sentence: "Trace context and unknown members of `_meta` reach the server; keys of the hop before do not.",
    spec: meta,
  },
  "progress:reported": {
    feature: "progress",
    sentence:
      "Progress comes in order, before the answer, with the client's own token, on the call's own stream.",
    spec: progress,
  },
  "progress:token-of-this-hop": {
    feature: "progress",
    sentence: "The server is given a token of the gateway's, not the client's.",
    spec: progress,
  },
  "progress:not-asked": {
    feature: "progress",
    sentence: "Without a token nothing is reported, and the server is not asked to.",
    spec: progress,
  },
  "progress:of-question": {
    feature: "progress",
    sentence:
      "What a client reports while it answers a server's question reaches the server under the server's own token.",
    spec: progress,
    except: [
      onlySessionBackends,
      { where: { client: "stateless" }, because: "Its questions are results, on which nobody can report." },
    ],
  },
  "cancellation:by-client": {
    feature: "cancellation",
    sentence: "A request that its client cancels is cancelled at the server.",
    spec: cancelled,
    except: [oneRequestProcess],
  },
  "cancellation:end-of-session": {
    feature: "cancellation",
    sentence: "Requests in flight are cancelled at the server when their session ends.",
    spec: cancelled,
    except: [
      onlySessionClients,
      {
        where: { transport: ["stdio", "stateless-stdio"], isolation: "session" },
        because: "The session's own process ends with the session.",
      },
    ],
  },
  "cancellation:of-question": {
    feature: "cancellation",
    sentence:
      "A question that the server no longer asks is withdrawn from the client under the client's id for it.",
    spec: cancelled,
    except: [
      onlySessionBackends,
      { where: { client: "stateless" }, because: "Its questions are results, which nobody can take back." },
    ],
  },
};
