/** Resources, subscriptions to them, prompts, completion. */
import type { Manifest } from "../requirement.ts";
import { listenedShared, oneRequestProcess } from "./reasons.ts";

const read = "server/resources#reading-resources";
const watched = {
  "2024-10-07": "server/resources#subscriptions",
  "2026-07-28": "basic/patterns/subscriptions#receiving-notifications",
} as const;
const completed = "server/utilities/completion#requesting-completions";

export const resources: Manifest = {
  "resources:read:text": {
    feature: "resources",
    sentence: "A resource is read at the server that lists it; its content has the URI that was asked for.",
    spec: read,
  },
  "resources:read:binary": {
    feature: "resources",
    sentence: "A binary resource arrives as it is.",
    spec: "server/resources#binary-content",
  },
  "resources:read:template": {
    feature: "resources",
    sentence: "A URI that only a template fits is read at the template's server.",
    spec: "server/resources#resource-templates",
  },
  "resources:read:unknown": {
    feature: "resources",
    sentence: "A resource that its server does not have is refused: -32002 in sessions, -32602 without.",
    spec: "server/resources#error-handling",
  },
  "resources:same-uri": {
    feature: "resources",
    sentence:
      "Resources of several servers with one URI are all listed, each under a URI of its own, and read at their own server.",
    spec: "server/resources#resource",
  },
  "subscriptions:updated": {
    feature: "subscriptions",
    sentence: "Who watches a resource is told when it changes, and of no other.",
    spec: watched,
    except: [listenedShared, oneRequestProcess],
  },
  "subscriptions:ended": {
    feature: "subscriptions",
    sentence: "Who no longer watches a resource is not told of it any more.",
    spec: watched,
    except: [listenedShared, oneRequestProcess],
  },
  "subscriptions:counted": {
    feature: "subscriptions",
    sentence:
      "When one of two watchers lets go the other is still told; when the last one lets go the server is told.",
    spec: watched,
    except: [listenedShared, oneRequestProcess],
  },
  "subscriptions:restored": {
    feature: "subscriptions",
    sentence: "What is watched is watched again after the connection to the server was lost.",
    spec: watched,
    except: [listenedShared, oneRequestProcess],
  },
  "prompts:get": {
    feature: "prompts",
    sentence: "A prompt is got from its server, under the server's own name for it, with its arguments.",
    spec: "server/prompts#getting-a-prompt",
  },
  "prompts:unknown": {
    feature: "prompts",
    sentence: "A prompt that no server has is refused with -32602.",
    spec: "server/prompts#error-handling",
    noBackend: "The gateway knows every prompt.",
  },
  "completion:prompt": {
    feature: "completion",
    sentence: "An argument of a prompt is completed by its server, which sees its own name for the prompt.",
    spec: completed,
  },
  "completion:resource": {
    feature: "completion",
    sentence: "A variable of a resource template is completed by the template's server.",
    spec: completed,
  },
  "completion:context": {
    feature: "completion",
    sentence: "What was completed before (`context`) reaches the server as it is.",
    spec: completed,
    since: "2025-06-18",
  },
  "completion:unknown": {
    feature: "completion",
    sentence: "Completion for a prompt that no server has is refused with -32602.",
    spec: completed,
    noBackend: "The gateway knows every prompt.",
  },
};
