/** Signs in at a server of a stack as a person would: `gateway login`, and a browser that follows where it is sent. */
import { join } from "node:path";
import type { Stack } from "./harness.ts";
import { repositoryDirectory } from "./repository.ts";
import { waitFor } from "./wait-for.ts";

export interface LoginRun {
  readonly exitCode: number;
  readonly output: string;
}

export interface LoginOptions {
  readonly server: string;
  /** What the person does with the address; by default they open it, and follow where it leads. */
  readonly person?: (url: string, type: (line: string) => void, giveUp: () => void) => Promise<void>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly arguments?: readonly string[];
}

export const program = join(repositoryDirectory, "apps/cli/bin/gateway");

export async function login(
  stack: Pick<Stack, "configPath" | "environment">,
  options: LoginOptions,
): Promise<LoginRun> {
  const { server, person = browse } = options;
  const child = Bun.spawn(
    [process.execPath, program, "login", server, "--config", stack.configPath, ...(options.arguments ?? [])],
    {
      env: { ...stack.environment, DISPLAY: "", WAYLAND_DISPLAY: "", ...options.environment },
      ...{ stdin: "pipe", stdout: "pipe", stderr: "pipe" },
    },
  );
  const said: string[] = [];
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) said.push(decoder.decode(chunk, { stream: true }));
  };
  const reading = Promise.all([read(child.stdout), read(child.stderr)]);
  let hasEnded = false;
  const exited = child.exited.then((code) => {
    hasEnded = true;
    return code;
  });
  const found = (): string | undefined => /^ {2}(https?:\/\/\S+)$/m.exec(said.join(""))?.[1];
  await waitFor(() => hasEnded || found() !== undefined, { what: "the address to sign in at" });
  const url = found();
  if (url !== undefined && !hasEnded) {
    const type = (line: string): void => {
      void child.stdin.write(`${line}\n`);
      void child.stdin.flush();
    };
    await person(url, type, () => child.kill("SIGINT"));
  }
  const exitCode = await exited;
  await reading;
  return { exitCode, output: said.join("") };
}

/** A browser whose person agrees to everything. */
export async function browse(url: string): Promise<void> {
  const response = await fetch(url, { redirect: "follow" });
  await response.text();
}

/** Where the browser would be sent; it does not go there. */
export async function addressAfter(url: string): Promise<string> {
  const response = await fetch(url, { redirect: "manual" });
  return response.headers.get("location") ?? "";
}
