/** Where the tested tree stands. */
import { join, resolve } from "node:path";

export const repositoryDirectory = resolve(import.meta.dir, "../..");

export const supportDirectory = join(repositoryDirectory, "tests/support");

/** Configuration entry of the scripted stdio backend. */
export function fakeBackend(...flags: readonly string[]): { command: string; args: string[] } {
  return { command: process.execPath, args: [join(supportDirectory, "fake-backend.ts"), ...flags] };
}

/** Command line of the scripted HTTP backend. */
export function fakeHttpBackend(...flags: readonly string[]): { command: string; args: string[] } {
  return { command: process.execPath, args: [join(supportDirectory, "fake-http-backend.ts"), ...flags] };
}
