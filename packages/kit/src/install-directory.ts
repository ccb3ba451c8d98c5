import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder this program is installed in: it holds `package.json`, `config.json`, `logs`. */
export const installDirectory = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
