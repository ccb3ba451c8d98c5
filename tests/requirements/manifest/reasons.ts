/** Reasons that several requirements have in common. */
import type { Exception } from "../requirement.ts";

/** A stateless client's own process on stdio serves one request. */
export const oneRequestProcess: Exception = {
  where: { client: "stateless", transport: ["stdio", "stateless-stdio"], isolation: "session" },
  because: "The process belongs to one request and ends with it: no other request can see what it remembers.",
};

export const listenedShared: Exception = {
  where: { transport: ["stateless-stdio"], isolation: "session" },
  because:
    "A stateless server is listened to once, at its shared process; what a client's own one says is not heard.",
};

/** Programs of a session's own do not share what they remember. */
export const ownProcess: Exception = {
  where: { transport: ["stdio", "stateless-stdio"], isolation: "session" },
  because: "Lists come from the server's shared process; a client's own one changes only its own.",
};

export const onlySessionClients: Exception = {
  where: { client: "stateless" },
  because: "The stateless revision has no sessions.",
};

export const onlyStateless: Exception = {
  where: { client: "session" },
  because: "Only the stateless revision has it.",
};

export const onlyStreamableSession: readonly Exception[] = [
  { where: { front: ["sse"] }, because: "It is a rule of Streamable HTTP." },
  onlySessionClients,
];

export const onlySse: Exception = {
  where: { front: ["http", "stateless"] },
  because: "It is a rule of HTTP+SSE.",
};

export const onlySessionBackends: Exception = {
  where: { backend: "stateless" },
  because: "A stateless server has no requests, subscriptions or notifications of its own of this kind.",
};
