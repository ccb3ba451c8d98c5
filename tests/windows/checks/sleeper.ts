/** A family that sleeps: writes its number into a folder, starts the next generation, and waits to be ended. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder = ".", generations = "0"] = process.argv.slice(2);
writeFileSync(join(folder, `${process.pid}.pid`), "");
if (Number(generations) > 0)
  Bun.spawn([process.execPath, import.meta.path, folder, String(Number(generations) - 1)], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
await Bun.sleep(120_000);
