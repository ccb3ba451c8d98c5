/** The hand-written client over stdio: what a server says when no gateway is between. */
import type { RawClient, RawClientOptions } from "./raw-client.ts";
import { clientOf, initialize, Mailbox } from "./raw-mailbox.ts";

export interface StdioProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the program; closing the client kills it. */
export function openStdioClient(program: StdioProgram, options: RawClientOptions = {}): Promise<RawClient> {
  const mailbox = new Mailbox();
  const child = Bun.spawn([program.command, ...program.args], {
    env: { ...process.env, ...program.env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
  });
  const ended = (async () => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of child.stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("{")) mailbox.take(line);
    }
    mailbox.failAll(new Error("the program closed its output"));
  })();
  const send = async (body: string): Promise<void> => {
    child.stdin.write(`${body}\n`);
    await child.stdin.flush();
  };
  const close = async (): Promise<void> => {
    child.kill("SIGKILL");
    await child.exited;
  };
  return initialize(clientOf("stdio", mailbox, send, ended, close), options);
}
