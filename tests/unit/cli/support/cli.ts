/** The command line without the bootstrap, which would look after the installation. */
import { main } from "../../../../apps/cli/src/main.ts";

await main(process.argv.slice(2));
