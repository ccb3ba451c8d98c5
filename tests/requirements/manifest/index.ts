/** What MCP demands of a gateway: every requirement, by its id. */
import type { Manifest } from "../requirement.ts";
import { calls } from "./calls.ts";
import { lifecycle } from "./lifecycle.ts";
import { lists } from "./lists.ts";
import { logging } from "./logging.ts";
import { questions } from "./questions.ts";
import { resources } from "./resources.ts";
import { stateless } from "./stateless.ts";
import { tasks } from "./tasks.ts";
import { transport } from "./transport.ts";

export const manifest: Manifest = {
  ...lifecycle,
  ...lists,
  ...calls,
  ...resources,
  ...logging,
  ...questions,
  ...tasks,
  ...transport,
  ...stateless,
};
