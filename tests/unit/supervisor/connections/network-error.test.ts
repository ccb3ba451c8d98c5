/** An address that is wrong in one way or another, asked over a real socket: what is said of it, and what not. */
import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { systemCodeOf } from "@mcp-gateway/kit";
import { networkError } from "../../../../apps/supervisor/src/connections/http-errors.ts";

async function faultAt(url: string) {
  const { origin } = new URL(url);
  const thrown: unknown = await fetch(url, { method: "POST", body: "{}" }).catch((error: unknown) => error);
  const { message, facts } = networkError("b", origin, thrown);
  expect(`${message} ${facts["remedy"]}`).not.toContain("secret");
  expect(facts["system"]).toBe(systemCodeOf(thrown) ?? "");
  return { said: message.replace(origin, "ORIGIN"), remedy: String(facts["remedy"]) };
}

/** What listens there does this with each connection, once it was written to. */
async function withServer<T>(act: (socket: Socket) => void, use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => act(socket));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    return await use((server.address() as AddressInfo).port); // It listens on a port.
  } finally {
    server.close();
  }
}

const path = "mcp?key=secret";
const ofServer = 'The server "b" can\'t be reached: ';

describe("the fault of an address", () => {
  test("where nothing listens", async () => {
    const port = await withServer(
      () => undefined,
      async (free) => free,
    );
    const { said, remedy } = await faultAt(`http://127.0.0.1:${port}/${path}`);
    expect(said).toBe(`${ofServer}nothing listens at ORIGIN.`);
    expect(remedy).toBe("Start the server, or correct `url` of its entry.");
  });

  test("whose name nobody knows", async () => {
    const { said, remedy } = await faultAt(`http://no-such-host.invalid/${path}`);
    expect(said).toBe(`${ofServer}the name in ORIGIN does not resolve.`);
    expect(remedy).toContain("name service");
  });

  test.each([
    ["resets the connection", (socket: Socket) => void socket.resetAndDestroy()],
    ["closes it without a word", (socket: Socket) => void socket.end()],
  ])("where something %s", async (_, act) => {
    const { said, remedy } = await withServer(act, (port) => faultAt(`http://127.0.0.1:${port}/${path}`));
    expect(said).toBe(`${ofServer}ORIGIN closed the connection without an answer; the call may have run.`);
    expect(remedy).toContain("scheme");
  });

  test("where something else than HTTP is spoken", async () => {
    const speaksSsh = (socket: Socket) => void socket.end("SSH-2.0-OpenSSH_10.0\r\n");
    const { said, remedy } = await withServer(speaksSsh, (port) =>
      faultAt(`http://127.0.0.1:${port}/${path}`),
    );
    expect(said).toBe(`${ofServer}what answers at ORIGIN does not speak HTTP.`);
    expect(remedy).toContain("port");
  });

  test("whose scheme should be `http`", async () => {
    const plain = (socket: Socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    const { said, remedy } = await withServer(plain, (port) => faultAt(`https://127.0.0.1:${port}/${path}`));
    expect(said).toStartWith(`${ofServer}no TLS connection with ORIGIN (`);
    expect(remedy).toContain("Check the scheme in `url`");
  });

  test.each(["DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_TLS_CERT_ALTNAME_INVALID", "UNABLE_TO_GET_ISSUER_CERT"])(
    "with a certificate that is not trusted: %s",
    (code) => {
      const { message, facts } = networkError("b", "https://h", Object.assign(new Error("not it"), { code }));
      expect(message).toBe(`${ofServer}no TLS connection with https://h (not it).`);
      expect(facts["remedy"]).toContain("NODE_EXTRA_CA_CERTS");
    },
  );

  test("of a kind that nobody has foreseen shows no more of the address than its origin", () => {
    const thrown = new Error('Odd fetching "https://h:1/mcp?key=secret", and so on');
    const { message } = networkError("b", "https://h:1", thrown);
    expect(message).toBe(
      `${ofServer}no connection with https://h:1 (Odd fetching "https://h:1", and so on).`,
    );
  });
});
