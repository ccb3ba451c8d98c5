/** What servers ask clients: elicitation, sampling, roots. */
import type { Exception, Manifest } from "../requirement.ts";
import { oneRequestProcess, onlySessionBackends } from "./reasons.ts";

const mrtr = "basic/patterns/mrtr#basic-workflow";
const asked = (page: string) => ({ "2024-10-07": page, "2026-07-28": mrtr }) as const;
const capabilities = {
  "2024-10-07": "basic/lifecycle#capability-negotiation",
  "2026-07-28": "basic/patterns/mrtr#server-requirements-basic-workflow",
} as const;
const sampling = asked("client/sampling#creating-messages");
const form = {
  "2025-06-18": "client/elicitation#creating-elicitation-requests",
  "2025-11-25": "client/elicitation#elicitation-requests",
  "2026-07-28": mrtr,
} as const;
const elsewhere = { ...form, "2026-07-28": "basic/patterns/mrtr#supported-requests" } as const;

const pipes = ["stdio", "sse"] as const;
const sharedPipe: Exception = {
  where: { transport: pipes, isolation: "shared" },
  because: "Roots are one client's, and a shared pipe does not say whose call asks: see `roots:shared-pipe`.",
};
const notSharedPipe: readonly Exception[] = [
  { where: { isolation: "session" }, because: "A client's own connection leaves no doubt." },
  {
    where: { transport: ["http", "stateless-stdio", "stateless-http"] },
    because: "The wire names the call that asks.",
  },
];
const onlyErrorOfSessions: readonly Exception[] = [
  {
    where: { backend: "stateless" },
    because: "Error -32042 ended with 2025-11-25: a stateless server asks in its results.",
  },
  oneRequestProcess,
];

export const questions: Manifest = {
  "sampling:asked": {
    feature: "sampling",
    sentence:
      "A server's `sampling/createMessage` reaches the client whose call caused it, and its answer the server.",
    spec: sampling,
  },
  "sampling:tools": {
    feature: "sampling",
    sentence:
      "Tools and tool choice of a sampling request pass as they are to a client that declared `sampling.tools`.",
    spec: asked("client/sampling#sampling-with-tools"),
    since: "2025-11-25",
  },
  "sampling:tools-undeclared": {
    feature: "sampling",
    sentence: "A client that did not declare `sampling.tools` is not asked with tools.",
    spec: asked("client/sampling#sampling-with-tools"),
    since: "2025-11-25",
  },
  "sampling:undeclared": {
    feature: "sampling",
    sentence:
      "A client that did not declare sampling is never asked, and the server or the call hears of it.",
    spec: capabilities,
  },
  "sampling:refused": {
    feature: "sampling",
    sentence:
      "A client's refusal reaches the server as it is, or ends the call where the server asks in its result.",
    spec: {
      "2024-10-07": "client/sampling#error-handling",
      "2026-07-28": "basic/patterns/mrtr#error-handling",
    },
    except: [{ where: { client: "stateless" }, because: "It refuses by not coming back." }],
  },
  "elicitation:form": {
    feature: "elicitation",
    sentence:
      "A server's form reaches the client whose call caused it, and what is filled in reaches the server.",
    spec: form,
    since: "2025-06-18",
  },
  "elicitation:declined": {
    feature: "elicitation",
    sentence: "That a person declined or dismissed a form reaches the server.",
    spec: "client/elicitation#response-actions",
    since: "2025-06-18",
  },
  "elicitation:rounds": {
    feature: "elicitation",
    sentence: "A call may ask again and again, each time with what was answered before.",
    spec: form,
    since: "2025-06-18",
  },
  "elicitation:prompt": {
    feature: "elicitation",
    sentence: "`prompts/get` may ask as a call of a tool may.",
    spec: elsewhere,
    since: "2025-06-18",
  },
  "elicitation:resource": {
    feature: "elicitation",
    sentence: "`resources/read` may ask as a call of a tool may.",
    spec: elsewhere,
    since: "2025-06-18",
  },
  "elicitation:undeclared": {
    feature: "elicitation",
    sentence:
      "A client that did not declare elicitation is never asked, and the server or the call hears of it.",
    spec: capabilities,
    since: "2025-06-18",
  },
  "elicitation:url": {
    feature: "elicitation",
    sentence:
      "A page to open is put to a client that declared `elicitation.url`, and its consent reaches the server.",
    spec: "client/elicitation#url-mode-elicitation-requests",
    since: "2025-11-25",
  },
  "elicitation:url-undeclared": {
    feature: "elicitation",
    sentence: "A client that declared only forms is not asked to open a page.",
    spec: "client/elicitation#capabilities",
    since: "2025-11-25",
  },
  "elicitation:url-complete": {
    feature: "elicitation",
    sentence:
      "That a page is done (`elicitation/complete`) is told to the client that was shown it, and to no other.",
    spec: "client/elicitation#completion-notifications-for-url-mode-elicitation",
    since: "2025-11-25",
    until: "2025-11-25",
    except: [onlySessionBackends],
  },
  "elicitation:url-required": {
    feature: "elicitation",
    sentence:
      "That a page must be opened first (-32042) reaches the client: as it is in sessions, as a question without.",
    spec: { "2025-11-25": "client/elicitation#url-elicitation-required-error", "2026-07-28": mrtr },
    since: "2025-11-25",
    except: onlyErrorOfSessions,
  },
  "roots:asked": {
    feature: "roots",
    sentence: "A server's `roots/list` reaches the client whose call caused it, and its answer the server.",
    spec: asked("client/roots#listing-roots"),
    except: [sharedPipe],
  },
  "roots:shared-pipe": {
    feature: "roots",
    sentence: "`roots/list` on a pipe that all clients share is refused to the server: nobody is guessed.",
    spec: asked("client/roots#listing-roots"),
    except: notSharedPipe,
  },
  "roots:undeclared": {
    feature: "roots",
    sentence: "A client that did not declare roots is never asked, and the server or the call hears of it.",
    spec: capabilities,
  },
  "roots:changed": {
    feature: "roots",
    sentence: "That a client's roots changed is told to the connection that is its own.",
    spec: "client/roots#root-list-changes",
    until: "2025-11-25",
    except: [
      { where: { isolation: "shared" }, because: "A shared server is not told of any client's roots." },
      { where: { backend: "stateless" }, because: "The stateless revision asks for roots with each call." },
    ],
  },
  "questions:right-client": {
    feature: "sampling",
    sentence:
      "A question reaches its own client while another client's call is in flight at the same server.",
    spec: sampling,
    except: [
      {
        where: { transport: pipes, isolation: "shared" },
        because: "A shared pipe does not say whose call asks: see `questions:shared-pipe`.",
      },
    ],
  },
  "questions:shared-pipe": {
    feature: "sampling",
    sentence: "On a pipe with calls of two clients in flight nobody is asked, and the server hears why.",
    spec: sampling,
    except: notSharedPipe,
  },
  "questions:told-capabilities": {
    feature: "lifecycle",
    sentence:
      "A server is told what clients can do: of a connection of one client's own what that one declared, of a shared one what the gateway can pass on, of a stateless one the caller's with each request.",
    spec: capabilities,
  },
  "extensions:relayed": {
    feature: "lifecycle",
    sentence:
      "That a client can show a server's user interface (MCP Apps) is told to connections that are its own and to stateless servers; an unknown extension is not.",
    spec: {
      "2024-10-07": "basic/lifecycle#capability-negotiation",
      "2026-07-28": "basic/versioning#extension-negotiation",
    },
    except: [
      {
        where: { backend: "session", isolation: "shared" },
        because: "A shared connection is told what the gateway can pass on for any client.",
      },
    ],
  },
  "questions:ping": {
    feature: "lifecycle",
    sentence: "A server's ping is answered by the gateway and reaches no client.",
    spec: "basic/utilities/ping#behavior-requirements",
    except: [
      { where: { backend: "stateless" }, because: "The stateless revision has no ping." },
      {
        where: { client: "stateless" },
        because: "Its revision has no ping; the server's does, and is shown with the others.",
      },
    ],
  },
};
