import manifest from "../../../package.json";

/** The gateway's own version, as said in `serverInfo` and `gateway --version`. */
export const version: string = manifest.version;
