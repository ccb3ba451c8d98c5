/** The command line without the bootstrap, which would look after the installation. */
import { start } from "../../../../apps/cli/src/main.ts";

await start(process.argv.slice(2));
