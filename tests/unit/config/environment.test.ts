/** The environment a server's program gets. */
import { describe, expect, test } from "bun:test";
import { childEnvironment } from "@mcp-gateway/config";

const runtime = "/opt/bun/bin/bun";
const inherited = {
  PATH: "/usr/bin:/bin",
  HOME: "/home/u",
  SECRET: "s",
  GONE: undefined,
  MCP_GATEWAY_TOKEN: "t",
  MCP_GATEWAY_LOG_DIR: "/l",
  SHELL: "() { :; }",
};

function environmentOf(
  env: Record<string, string>,
  inheritEnv: boolean,
  from: NodeJS.ProcessEnv = inherited,
  platform: NodeJS.Platform = "linux",
) {
  return childEnvironment(
    { env, inheritEnv },
    from,
    platform,
    platform === "win32" ? "C:\\bun\\bun.exe" : runtime,
  );
}

describe("childEnvironment", () => {
  test("inherits everything but the gateway's own variables, and puts env on top", () => {
    expect(environmentOf({ A: "1", HOME: "/other" }, true)).toEqual({
      PATH: "/usr/bin:/bin:/opt/bun/bin",
      HOME: "/other",
      SECRET: "s",
      SHELL: "() { :; }",
      A: "1",
    });
  });

  test("without inheritance, only the short safe list, less shell functions", () => {
    expect(environmentOf({ A: "1" }, false)).toEqual({
      PATH: "/usr/bin:/bin:/opt/bun/bin",
      HOME: "/home/u",
      A: "1",
    });
  });

  test("where compiled code is kept is told to all, for the built-in servers; that we start from sources is not", () => {
    const from = { ...inherited, MCP_GATEWAY_CACHE_DIR: "/cache", MCP_GATEWAY_PREBUILT: "0" };
    for (const inherits of [true, false]) {
      expect(environmentOf({}, inherits, from)["MCP_GATEWAY_CACHE_DIR"]).toBe("/cache");
      expect(environmentOf({}, inherits, from)["MCP_GATEWAY_PREBUILT"]).toBeUndefined();
    }
  });

  test("a bound that is raised for our own processes is not raised for servers, unless an entry does", () => {
    const from = { ...inherited, BUN_CONFIG_MAX_HTTP_REQUESTS: "65535" };
    expect(environmentOf({}, true, from)).toEqual(environmentOf({}, true));
    const own = { BUN_CONFIG_MAX_HTTP_REQUESTS: "9" };
    expect(environmentOf(own, true, from)["BUN_CONFIG_MAX_HTTP_REQUESTS"]).toBe("9");
  });

  test("an entry may set one of the gateway's variables for a server of its own", () => {
    expect(environmentOf({ MCP_GATEWAY_TOKEN: "x" }, true)["MCP_GATEWAY_TOKEN"]).toBe("x");
  });

  test("the runtime's folder ends PATH once, also a PATH that the entry sets", () => {
    expect(environmentOf({ PATH: "/a" }, true)["PATH"]).toBe("/a:/opt/bun/bin");
    expect(environmentOf({ PATH: "/opt/bun/bin:/a" }, true)["PATH"]).toBe("/opt/bun/bin:/a");
    expect(environmentOf({}, true, {})["PATH"]).toBe("/opt/bun/bin");
  });

  test("Windows names ignore case", () => {
    const windows = environmentOf(
      { PATH: "C:\\a" },
      false,
      { Path: "C:\\w", SystemRoot: "C:\\W", Other: "o", mcp_gateway_x: "1" },
      "win32",
    );
    expect(windows).toEqual({ PATH: "C:\\a;C:\\bun", SystemRoot: "C:\\W" });
  });

  test("names of JavaScript's own properties are plain names", () => {
    const env = JSON.parse(`{ "__proto__": "1", "constructor": "2" }`);
    expect(Object.entries(environmentOf(env, false, {}))).toContainEqual(["__proto__", "1"]);
  });
});
