/** How a conversation begins, what is said about it, and what is refused. */
import type { Manifest } from "../requirement.ts";
import { onlySessionClients, onlyStateless } from "./reasons.ts";

const own = "The gateway answers it itself.";
const negotiation = "basic/lifecycle#version-negotiation";
const pinged = "basic/utilities/ping#behavior-requirements";
const errors = {
  "2024-10-07": "basic/messages#responses",
  "2025-03-26": "basic/index#responses",
  "2025-11-25": "basic/index#error-responses",
} as const;

export const lifecycle: Manifest = {
  "lifecycle:negotiated": {
    feature: "lifecycle",
    sentence: "A revision that the gateway knows is agreed to.",
    spec: negotiation,
    noBackend: own,
    except: [onlySessionClients],
  },
  "lifecycle:unknown-revision": {
    feature: "lifecycle",
    sentence: "A revision that it does not know is answered with the newest that has sessions.",
    spec: negotiation,
    noBackend: own,
    except: [onlySessionClients],
  },
  "lifecycle:face": {
    feature: "lifecycle",
    sentence:
      "The gateway says who it is, what all servers together can do, and passes on their instructions.",
    spec: { "2024-10-07": "basic/lifecycle#initialization", "2026-07-28": "server/discover#response" },
    noBackend: own,
  },
  "lifecycle:own-face": {
    feature: "lifecycle",
    sentence: "On a server's own address its own identity, capabilities and instructions are told.",
    spec: { "2024-10-07": "basic/lifecycle#initialization", "2026-07-28": "server/discover#response" },
  },
  "lifecycle:not-initialized": {
    feature: "lifecycle",
    sentence: "Before `initialize` nothing but a ping is served.",
    spec: "basic/lifecycle#initialization",
    noBackend: own,
    except: [
      onlySessionClients,
      { where: { front: ["http"] }, because: "A session of Streamable HTTP begins with its `initialize`." },
    ],
  },
  "lifecycle:once": {
    feature: "lifecycle",
    sentence: "A second `initialize` in a session is refused.",
    spec: "basic/lifecycle#initialization",
    noBackend: own,
    except: [
      onlySessionClients,
      {
        where: { front: ["http"] },
        because: "On Streamable HTTP every `initialize` begins a session of its own.",
      },
    ],
  },
  "lifecycle:ping": {
    feature: "lifecycle",
    sentence: "A client's ping is answered at once.",
    spec: pinged,
    noBackend: own,
    except: [onlySessionClients],
  },
  "lifecycle:discover": {
    feature: "lifecycle",
    sentence: "`server/discover` names the stateless revision, what can be done, and no session capability.",
    spec: "server/discover#discoverresult",
    noBackend: own,
    except: [onlyStateless],
  },
  "errors:method": {
    feature: "lifecycle",
    sentence: "A method that does not exist is refused with -32601.",
    spec: errors,
    noBackend: own,
  },
  "errors:params": {
    feature: "lifecycle",
    sentence: "Parameters that a method can't do without are refused with -32602.",
    spec: errors,
    noBackend: own,
  },
};
