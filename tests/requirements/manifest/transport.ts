/** Rules of the transports of the session revisions. */
import type { Manifest } from "../requirement.ts";
import { onlySse, onlyStreamableSession } from "./reasons.ts";

const none = "The transport is the gateway's own.";
const http = "basic/transports#streamable-http";
const sending = "basic/transports#sending-messages-to-the-server";
const listening = "basic/transports#listening-for-messages-from-the-server";
const sessions = "basic/transports#session-management";
const resuming = "basic/transports#resumability-and-redelivery";
const version = "basic/transports#protocol-version-header";
const sse = {
  "2024-10-07": "basic/transports#http-with-sse",
  "2025-03-26": "basic/transports#backwards-compatibility",
} as const;
const security = {
  "2024-10-07": "basic/transports#security-warning",
  "2026-07-28": "basic/transports/streamable-http",
} as const;
const messages = { "2024-10-07": "basic/messages", "2025-03-26": "basic/index#messages" } as const;

export const transport: Manifest = {
  "transport:foreign-origin": {
    feature: "transport",
    sentence: "A request of a web page from elsewhere, or for another host, is refused with 403.",
    spec: security,
    noBackend: none,
  },
  "transport:parse-error": {
    feature: "transport",
    sentence: "What is not JSON is refused with 400 and -32700.",
    spec: messages,
    noBackend: none,
  },
  "transport:invalid-request": {
    feature: "transport",
    sentence: "What is JSON and no message is refused with 400 and -32600.",
    spec: messages,
    noBackend: none,
  },
  "http:session-id": {
    feature: "transport",
    sentence: "`initialize` gives the session an id of visible characters that nobody can guess.",
    spec: sessions,
    noBackend: none,
    except: onlyStreamableSession,
  },
  "http:unknown-session": {
    feature: "transport",
    sentence: "A session id that is none is answered 404, on POST, GET and DELETE.",
    spec: sessions,
    noBackend: none,
    except: onlyStreamableSession,
  },
  "http:session-of-others": {
    feature: "transport",
    sentence: "A session is found only on the address where it was made.",
    spec: sessions,
    noBackend: none,
    except: onlyStreamableSession,
  },
  "http:delete": {
    feature: "transport",
    sentence: "DELETE ends a session; what comes after it is answered 404.",
    spec: sessions,
    noBackend: none,
    except: onlyStreamableSession,
  },
  "http:accepted": {
    feature: "transport",
    sentence: "A notification or an answer is accepted with 202 and an empty body.",
    spec: sending,
    noBackend: none,
    except: onlyStreamableSession,
  },
  "http:accept": {
    feature: "transport",
    sentence: "A client that reads neither JSON nor event streams is refused with 406.",
    spec: sending,
    noBackend: none,
    except: onlyStreamableSession,
  },
  "http:methods": {
    feature: "transport",
    sentence: "Other HTTP methods are refused with 405.",
    spec: http,
    noBackend: none,
    except: onlyStreamableSession,
  },
  "http:unknown-version": {
    feature: "transport",
    sentence: "An `MCP-Protocol-Version` that is none is refused with 400.",
    spec: version,
    since: "2025-06-18",
    noBackend: none,
    except: onlyStreamableSession,
  },
  "http:no-version": {
    feature: "transport",
    sentence: "Without `MCP-Protocol-Version` a session goes on in its own revision.",
    spec: version,
    since: "2025-06-18",
    noBackend: none,
    except: onlyStreamableSession,
  },
  "http:listen-at-once": {
    feature: "transport",
    sentence: "A GET stream is open at once, though nothing is to be said.",
    spec: listening,
    noBackend: none,
    except: onlyStreamableSession,
  },
  "http:one-stream-each": {
    feature: "transport",
    sentence: "With several streams open each message goes to one of them: a call's own news to the call's.",
    spec: "basic/transports#multiple-connections",
    except: onlyStreamableSession,
  },
  "http:primed": {
    feature: "transport",
    sentence:
      "A stream begins with an event that has an id, no data, and the time to wait before coming back.",
    spec: sending,
    since: "2025-11-25",
    noBackend: none,
    except: onlyStreamableSession,
  },
  "http:resumed": {
    feature: "transport",
    sentence:
      "A client that lost a call's stream gets the rest of it with `Last-Event-ID`, and nothing twice.",
    spec: resuming,
    except: onlyStreamableSession,
  },
  "http:batch": {
    feature: "transport",
    sentence: "The requests of a batch are all answered, and its notifications are taken.",
    spec: sending,
    until: "2025-03-26",
    noBackend: none,
    except: onlyStreamableSession,
  },
  "http:no-batch": {
    feature: "transport",
    sentence: "A batch is refused: the revision has none.",
    spec: sending,
    since: "2025-06-18",
    noBackend: none,
    except: onlyStreamableSession,
  },
  "sse:endpoint": {
    feature: "transport",
    sentence: "The stream begins with the `endpoint` event, an address on this host with the session in it.",
    spec: sse,
    noBackend: none,
    except: [onlySse],
  },
  "sse:accepted": {
    feature: "transport",
    sentence: "A message posted there is accepted with 202, and its answer comes on the stream.",
    spec: sse,
    noBackend: none,
    except: [onlySse],
  },
  "sse:unknown-session": {
    feature: "transport",
    sentence: "A message for a session that is none is answered 404, and one that names none 400.",
    spec: sse,
    noBackend: none,
    except: [onlySse],
  },
  "sse:ends-with-stream": {
    feature: "transport",
    sentence: "The session ends with its stream.",
    spec: sse,
    noBackend: none,
    except: [onlySse],
  },
  "sse:no-batch": {
    feature: "transport",
    sentence: "A batch is refused: HTTP+SSE has none.",
    spec: sse,
    noBackend: none,
    except: [onlySse],
  },
};
