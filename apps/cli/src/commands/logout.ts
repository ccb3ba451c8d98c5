/** `gateway logout <server>`: forgets what a sign-in gave. */
import { printable } from "@mcp-gateway/kit/terminal-text";
import { defineCommand } from "citty";
import { operate } from "../api/operate.ts";
import { configPathOf, findTarget } from "../api/target.ts";
import { hintsFor, serverArg, targetArgs } from "../instance.ts";
import { shellWord } from "../invocation.ts";
import { paintFor, writeLines } from "../terminal.ts";

export const logout = defineCommand({
  meta: { name: "logout", description: "Forget the sign-in at a server" },
  args: {
    ...serverArg,
    ...targetArgs,
  },
  async run({ args }) {
    const target = findTarget(args);
    await operate(target, "logout", args.server);
    const paint = paintFor(process.stdout);
    const again = hintsFor(configPathOf(target)).of(`login ${shellWord(args.server)}`);
    await writeLines([
      `${paint.green("✔")} Signed out of ${paint.bold(printable(args.server))}. Sign in again: ${again}`,
    ]);
  },
});
