/** `gateway reload`: reads the configuration again now. */
import { defineCommand } from "citty";
import { operate } from "../api/operate.ts";
import { findTarget } from "../api/target.ts";
import { targetArgs } from "../instance.ts";
import { paintFor, writeLines } from "../terminal.ts";

export const reload = defineCommand({
  meta: { name: "reload", description: "Read the configuration again; only what changed is restarted" },
  args: { ...targetArgs },
  async run({ args }) {
    await operate(findTarget(args), "reload", "");
    await writeLines([`${paintFor(process.stdout).green("✔")} The configuration was read again.`]);
  },
});
