/** What servers offer, seen as one: lists, their pages, their changes, and the names in them. */
import type { Manifest } from "../requirement.ts";
import { onlyStateless, ownProcess } from "./reasons.ts";

const changed = (page: string) => `server/${page}#list-changed-notification`;
const caching = "server/utilities/caching#cacheable-results";

export const lists: Manifest = {
  "lists:tools": {
    feature: "lists",
    sentence: "`tools/list` has every page of every server, in the server's order, under `<server>__<tool>`.",
    spec: "server/tools#listing-tools",
  },
  "lists:resources": {
    feature: "lists",
    sentence: "`resources/list` has every page of every server, with the servers' own URIs.",
    spec: "server/resources#listing-resources",
  },
  "lists:templates": {
    feature: "lists",
    sentence: "`resources/templates/list` has every page of every server.",
    spec: "server/resources#resource-templates",
  },
  "lists:prompts": {
    feature: "lists",
    sentence: "`prompts/list` has every page of every server, under `<server>__<prompt>`.",
    spec: "server/prompts#listing-prompts",
  },
  "lists:definition": {
    feature: "lists",
    sentence: "A tool's definition arrives as it is but for its name: schemas, annotations, icons, `_meta`.",
    spec: "server/tools#tool",
  },
  "lists:names": {
    feature: "lists",
    sentence: "Every name is unique and holds at most 64 of `A-Z a-z 0-9 _ -`.",
    spec: { "2024-10-07": "server/tools#tool", "2025-11-25": "server/tools#tool-names" },
    noBackend: "All servers' names are looked at together.",
  },
  "lists:cursor": {
    feature: "lists",
    sentence: "A cursor that the gateway did not give is refused with -32602.",
    spec: "server/utilities/pagination#error-handling",
    noBackend: "The gateway's lists are its own.",
  },
  "lists:cacheable": {
    feature: "lists",
    sentence:
      "Lists and `server/discover` say how long they may be kept (`ttlMs`) and by whom (`cacheScope`: private).",
    spec: caching,
    noBackend: "The gateway's lists are its own.",
    except: [onlyStateless],
  },
  "changes:tools": {
    feature: "changes",
    sentence: "A tool that a server adds is told to clients as `tools/list_changed` and is in the list.",
    spec: changed("tools"),
    except: [ownProcess],
  },
  "changes:resources": {
    feature: "changes",
    sentence:
      "A resource that a server adds is told to clients as `resources/list_changed` and is in the list.",
    spec: changed("resources"),
    except: [ownProcess],
  },
  "changes:prompts": {
    feature: "changes",
    sentence: "A prompt that a server adds is told to clients as `prompts/list_changed` and is in the list.",
    spec: changed("prompts"),
    except: [ownProcess],
  },
};
