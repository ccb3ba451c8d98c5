/** Log messages of servers. */
import type { Manifest } from "../requirement.ts";
import { onlyStateless } from "./reasons.ts";

const said = "server/utilities/logging#log-message-notifications";
const level = {
  "2024-10-07": "server/utilities/logging#setting-log-level",
  "2026-07-28": "server/utilities/logging#per-request-log-level",
} as const;

export const logging: Manifest = {
  "logging:level": {
    feature: "logging",
    sentence:
      "Messages of the level that the client asked for and above arrive, in order, named after their server.",
    spec: level,
  },
  "logging:each-client": {
    feature: "logging",
    sentence: "Two clients of one server each get messages of their own level.",
    spec: level,
  },
  "logging:own-call": {
    feature: "logging",
    sentence: "What a call logs reaches only the client whose call it is.",
    spec: said,
  },
  "logging:not-asked": {
    feature: "logging",
    sentence: "A request that names no level gets no messages.",
    spec: level,
    except: [onlyStateless],
  },
  "logging:unknown-level": {
    feature: "logging",
    sentence: "A level that is none is refused with -32602.",
    spec: "server/utilities/logging#error-handling",
    noBackend: "The gateway keeps each client's level.",
  },
};
