/** What MCP demands of a gateway: every requirement, by its id. */
import type { Manifest } from "../requirement.ts";
import { calls } from "./calls.ts";
import { lists } from "./lists.ts";
import { logging } from "./logging.ts";
import { questions } from "./questions.ts";
import { resources } from "./resources.ts";

export const manifest: Manifest = { ...lists, ...calls, ...resources, ...logging, ...questions };
