/** Rules of revision 2026-07-28, on the client's side and towards servers. */
import type { Exception, Manifest } from "../requirement.ts";
import { onlyStateless } from "./reasons.ts";

const none = "The gateway decides it before any server is asked.";
const headers = "basic/transports/streamable-http#server-validation";
const params = "basic/transports/streamable-http#custom-headers-from-tool-parameters";
const meta = "basic/index#meta";
const listening = "basic/patterns/subscriptions#opening-a-stream";

const onlyStatelessHttp: Exception = {
  where: { transport: ["stdio", "sse", "http", "stateless-stdio"] },
  because: "Only Streamable HTTP of the stateless revision has these headers.",
};

export const stateless: Manifest = {
  "stateless:meta": {
    feature: "transport",
    sentence: "A request whose `_meta` lacks version or capabilities is refused with 400 and -32602.",
    spec: meta,
    noBackend: none,
    except: [onlyStateless],
  },
  "stateless:version-header": {
    feature: "transport",
    sentence: "`MCP-Protocol-Version` must be there and say what `_meta` says; else 400 and -32020.",
    spec: headers,
    noBackend: none,
    except: [onlyStateless],
  },
  "stateless:unknown-version": {
    feature: "transport",
    sentence: "A version that is none is refused with 400 and -32022, which names those that are.",
    spec: "basic/versioning#protocol-version-negotiation",
    noBackend: none,
    except: [onlyStateless],
  },
  "stateless:method-header": {
    feature: "transport",
    sentence: "`Mcp-Method` must be there and be the method; else 400 and -32020.",
    spec: headers,
    noBackend: none,
    except: [onlyStateless],
  },
  "stateless:name-header": {
    feature: "transport",
    sentence: "`Mcp-Name` must be there and be the name or URI, plain or in Base64; else 400 and -32020.",
    spec: headers,
    noBackend: none,
    except: [onlyStateless],
  },
  "stateless:param-headers": {
    feature: "transport",
    sentence: "`Mcp-Param-*` of an annotated argument must say what the argument says; else 400 and -32020.",
    spec: params,
    except: [onlyStateless],
  },
  "stateless:unknown-method": {
    feature: "transport",
    sentence: "A method that the revision does not have is answered 404, those of sessions included.",
    spec: "basic/transports/streamable-http#sending-messages",
    noBackend: none,
    except: [onlyStateless],
  },
  "stateless:only-post": {
    feature: "transport",
    sentence: "GET and DELETE are answered 405.",
    spec: "basic/transports/streamable-http",
    noBackend: none,
    except: [onlyStateless],
  },
  "stateless:result-type": {
    feature: "transport",
    sentence: "Every result says what it is (`resultType`) and who answered (`serverInfo` in `_meta`).",
    spec: "basic/index#resulttype",
    except: [onlyStateless],
  },
  "stateless:read-cacheable": {
    feature: "resources",
    sentence: "The result of `resources/read` says how long it may be kept, and by whom.",
    spec: "server/utilities/caching#cacheable-results",
    except: [onlyStateless],
  },
  "stateless:no-session": {
    feature: "transport",
    sentence: "No answer has a session id or event ids, and event streams are not buffered on the way.",
    spec: "basic/index#statelessness",
    except: [onlyStateless],
  },
  "stateless:no-events-of-others": {
    feature: "changes",
    sentence: "A listening client is told only what it asked for, each message tagged with its subscription.",
    spec: "basic/patterns/subscriptions#notification-filter",
    noBackend: "Which changes are told is the gateway's own decision.",
    except: [onlyStateless],
  },
  "stateless:listen-filter": {
    feature: "subscriptions",
    sentence: "A listen without a filter is refused with -32602.",
    spec: listening,
    noBackend: none,
    except: [onlyStateless],
  },
  "stateless:graceful-end": {
    feature: "subscriptions",
    sentence: "A listen that the gateway ends, because it stops, is answered with a result.",
    spec: "basic/patterns/subscriptions#graceful-closure",
    noBackend: "The gateway ends its own streams.",
    except: [onlyStateless],
  },
  "stateless:state-sealed": {
    feature: "elicitation",
    sentence:
      "A `requestState` that was changed, or is for another call, is refused; the true one still leads on.",
    spec: "basic/patterns/mrtr#security-considerations",
    except: [onlyStateless],
  },
  "stateless:unanswered": {
    feature: "elicitation",
    sentence: "A question that the retry leaves unanswered is asked again.",
    spec: "basic/patterns/mrtr#server-requirements-basic-workflow",
    except: [onlyStateless],
  },
  "upstream:mirrored-headers": {
    feature: "transport",
    sentence:
      "A stateless server gets `Mcp-Method`, its own name for the tool in `Mcp-Name`, and `Mcp-Param-*` of the arguments.",
    spec: {
      "2024-10-07": "basic/messages#requests",
      "2025-03-26": "basic/index#requests",
      "2026-07-28": "basic/transports/streamable-http#standard-request-headers",
    },
    except: [onlyStatelessHttp],
  },
};
