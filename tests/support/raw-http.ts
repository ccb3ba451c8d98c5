/** Sends bytes to a port and reads what comes back, with no HTTP library between: for requests that none would send. */
import { connect } from "node:net";

export interface RawHttpAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** The request's bytes are sent as they are; the answer is read until the server closes or `timeoutMs` passes. */
export function rawHttp(
  port: number,
  request: string | Uint8Array,
  timeoutMs = 3_000,
): Promise<RawHttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawHttpAnswer>();
  const chunks: Buffer[] = [];
  const socket = connect({ host: "127.0.0.1", port }, () => socket.write(request));
  const finish = (): void => {
    clearTimeout(timer);
    socket.destroy();
    const answer = parse(Buffer.concat(chunks).toString("latin1"));
    if (answer === undefined) reject(new Error("the server closed without an HTTP answer"));
    else resolve(answer);
  };
  const timer = setTimeout(finish, timeoutMs);
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (isComplete(Buffer.concat(chunks).toString("latin1"))) finish();
  });
  socket.on("close", finish);
  socket.on("error", () => undefined); // A reset is a close; `finish` tells what came before it.
  return promise;
}

function parse(text: string): RawHttpAnswer | undefined {
  const head = /^HTTP\/1\.[01] (\d{3})[^\r\n]*\r\n/u.exec(text);
  const end = text.indexOf("\r\n\r\n");
  if (head === null || end === -1) return undefined;
  const headers = text
    .slice(head[0].length, end)
    .split("\r\n")
    .filter((line) => line !== "")
    .map(
      (line) =>
        [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()] as const,
    );
  return { status: Number(head[1]), headers, body: text.slice(end + 4) };
}

function isComplete(text: string): boolean {
  const answer = parse(text);
  const length = answer?.headers.find(([name]) => name === "content-length")?.[1];
  return answer !== undefined && length !== undefined && answer.body.length >= Number(length);
}
