import { resolve } from "node:path";

/** The folder this program is installed in: it holds `package.json`, `config.json`, `logs`. */
export const installDirectory = resolve(import.meta.dirname, "../../..");
