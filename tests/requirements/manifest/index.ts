/** What MCP demands of a gateway: every requirement, by its id. */
import type { Manifest } from "../requirement.ts";
import { calls } from "./calls.ts";

export const manifest: Manifest = { ...calls };
