import { afterEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isGatewayError, limits } from "@mcp-gateway/kit";
import { guardedFetch, type Resolve } from "../../../../apps/supervisor/src/sign-in/guarded-fetch.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const names: Readonly<Record<string, readonly string[]>> = {
  "public.example": ["1.1.1.1"],
  "inside.example": ["10.0.0.1"],
  "both.example": ["1.1.1.1", "127.0.0.1"],
  "metadata.example": ["169.254.169.254"],
  "liar.example": ["127.0.0.1"],
};
const resolve: Resolve = async (name) => {
  const addresses = names[name];
  if (addresses === undefined) throw new Error(`${name} is unknown`);
  return addresses;
};

let server: ReturnType<typeof Bun.serve> | undefined;
let requests: string[] = [];

function serve(answer: (request: Request) => Response | Promise<Response>): string {
  requests = [];
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      requests.push(new URL(request.url).pathname);
      return answer(request);
    },
  });
  return `http://127.0.0.1:${server.port}`;
}

afterEach(async () => {
  await server?.stop(true);
  server = undefined;
});

async function refusal(from: string, target: string): Promise<string> {
  try {
    const response = await guardedFetch("far", new URL(from), resolve)(target);
    return `answered ${response.status}`;
  } catch (thrown) {
    if (!isGatewayError(thrown)) throw thrown;
    expect(thrown.code).toBe("sign-in-failed");
    return thrown.message;
  }
}

describe("addresses that a server on the internet names", () => {
  test.each([
    "http://public.example/",
    "https://127.0.0.1:1/",
    "https://localhost:1/",
    "https://localhost.:1/",
    "https://x.localhost/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://①②⑦.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fec0::1]/",
    "https://169.254.169.254/",
    "https://inside.example/",
    "https://both.example/",
    "https://metadata.example/",
    "https://unknown.example/",
    "https://user:word@public.example/",
    "file:///etc/hostname",
    "data:application/json,{}",
    "ftp://public.example/",
    "javascript:alert(1)",
    "unix:/run/x",
  ])("%s is not asked", async (target) => {
    expect(await refusal("https://public.example/mcp", target)).toMatch(/is not asked/);
  });

  test("no file is read, whoever names it", async () => {
    using folder = tempDir("file");
    const path = join(folder.path, "secret.json");
    writeFileSync(path, "{}");
    expect(await refusal("http://127.0.0.1:1/mcp", `file://${path}`)).toMatch(/file is not https/);
  });

  test("a server of this network may name its network, and not this machine", async () => {
    expect(await refusal("https://inside.example/mcp", "https://127.0.0.1:1/")).toMatch(/nearer network/);
    expect(await refusal("https://inside.example/mcp", "http://inside.example:1/")).toMatch(
      /http is not https/,
    );
  });

  test("a name that resolves to this machine makes a server none of this machine, and a public address makes it public", async () => {
    expect(await refusal("https://liar.example/mcp", "http://127.0.0.1:1/")).toMatch(/http is not https/);
    expect(await refusal("https://liar.example/mcp", "https://127.0.0.1:1/")).toMatch(/nearer network/);
    expect(await refusal("https://both.example/mcp", "https://inside.example/")).toMatch(/nearer network/);
    expect(await refusal("https://unknown.example/mcp", "https://inside.example/")).toMatch(/nearer network/);
  });

  test("a server of this machine may name this machine over http, and others only over https", async () => {
    const origin = serve(() => Response.json({ a: 1 }));
    expect(await refusal("http://127.0.0.1:1/mcp", `${origin}/x`)).toBe("answered 200");
    expect(await refusal("http://127.0.0.1:1/mcp", "http://public.example/")).toMatch(/http is not https/);
    expect(await refusal("http://127.0.0.1:1/mcp", "http://10.0.0.1/")).toMatch(/http is not https/);
  });
});

describe("answers", () => {
  test("a redirect is not followed", async () => {
    const origin = serve(() => new Response(null, { status: 302, headers: { location: "/elsewhere" } }));
    const response = await guardedFetch("far", new URL(`${origin}/mcp`))(`${origin}/a`);
    expect([response.status, response.headers.get("location")]).toEqual([302, "/elsewhere"]);
    expect(requests).toEqual(["/a"]);
  });

  test("one that is too long is cut off, also when it is packed", async () => {
    const bomb = Bun.gzipSync(new Uint8Array(limits.signInBodyBytesMax * 4));
    const origin = serve(() => new Response(bomb, { headers: { "content-encoding": "gzip" } }));
    expect(await refusal(`${origin}/mcp`, `${origin}/a`)).toMatch(/is longer than/);
  });

  test("one that is packed and short arrives unpacked", async () => {
    const origin = serve(
      () => new Response(Bun.gzipSync(Buffer.from('{"a":1}')), { headers: { "content-encoding": "gzip" } }),
    );
    const response = await guardedFetch("far", new URL(`${origin}/mcp`))(`${origin}/a`);
    expect(await response.json()).toEqual({ a: 1 });
    expect(response.headers.get("content-encoding")).toBeNull();
  });

  test("what does not answer is said by its origin, without path and query", async () => {
    const said = await refusal("http://127.0.0.1:1/mcp", "http://127.0.0.1:1/token?secret=1");
    expect(said).toMatch(
      /^http:\/\/127\.0\.0\.1:1, where the server "far" lets people sign in, can't be reached/,
    );
    expect(said).not.toContain("secret");
  });
});
