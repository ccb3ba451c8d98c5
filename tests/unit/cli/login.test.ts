import { describe, expect, test } from "bun:test";
import { listenAnywhere, listenAt } from "../../../apps/cli/src/login/callback.ts";
import { browserCommand } from "../../../apps/cli/src/login/open-browser.ts";
import { isAnswer } from "../../../apps/cli/src/login/pasted.ts";

const url = "https://auth.example/authorize?a=b&c=$(d)";
const everything = (program: string): string => `/usr/bin/${program}`;

describe("the browser", () => {
  test.each<[string, NodeJS.Platform, NodeJS.ProcessEnv, readonly string[] | undefined]>([
    ["a screen", "linux", { DISPLAY: ":0" }, ["/usr/bin/xdg-open", url]],
    ["a Wayland screen", "linux", { WAYLAND_DISPLAY: "wayland-0" }, ["/usr/bin/xdg-open", url]],
    ["no screen", "linux", { DISPLAY: "" }, undefined],
    ["WSL", "linux", { WSL_DISTRO_NAME: "Debian" }, ["/usr/bin/wslview", url]],
    ["a Mac", "darwin", {}, ["open", url]],
    ["Windows", "win32", {}, ["rundll32.exe", "url.dll,FileProtocolHandler", url]],
    ["a screen, seen from elsewhere", "linux", { DISPLAY: ":0", SSH_CONNECTION: "1 2 3 4" }, undefined],
    ["a Mac, seen from elsewhere", "darwin", { SSH_TTY: "/dev/pts/0" }, undefined],
  ])(
    "%s: the address is one argument of a program, or nothing is opened",
    (_where, platform, environment, command) => {
      expect(browserCommand(url, { platform, environment, which: everything })).toEqual(command);
    },
  );

  test("without a program that opens it, nothing is opened", () => {
    expect(
      browserCommand(url, { platform: "linux", environment: { DISPLAY: ":0" }, which: () => null }),
    ).toBeUndefined();
  });
});

test.each([
  ["http://127.0.0.1:9010/callback?code=1&state=right", true],
  ["  http://localhost:1/x?state=right&error=access_denied ", true],
  ["?code=1&state=right", true],
  ["code=1&state=right", true],
  ["http://127.0.0.1:9010/callback?code=1&state=wrong", false],
  ["http://127.0.0.1:9010/callback?state=right", false],
  ["right", false],
  ["", false],
])("pasted %j is an answer: %j", (line, expected) => {
  expect(isAnswer(line, "right")).toBe(expected);
});

describe("the way back", () => {
  test("takes the one request that knows the state, and shows the person what came of it", async () => {
    const callback = listenAnywhere();
    try {
      const get = (query: string): Promise<Response> => fetch(`${callback.redirectUri}${query}`);
      expect((await get("?code=1&state=early")).status).toBe(400);
      callback.expect("right");
      expect((await get("?code=1&state=wrong")).status).toBe(400);
      expect((await get("?code=1")).status).toBe(400);
      const first = get("?code=1&state=right");
      const { query, answer } = await callback.returned;
      expect(query).toBe("?code=1&state=right");
      expect((await get("?code=2&state=right")).status).toBe(400);
      answer(false, "<script>alert(1)</script>");
      const page = await first;
      expect(page.status).toBe(400);
      expect(page.headers.get("content-security-policy")).toBe("default-src 'none'");
      expect(await page.text()).toContain("&#60;script&#62;");
    } finally {
      await callback.stop();
    }
  });

  test("takes the usual port, another when that is taken, and the registered one only", async () => {
    const first = listenAnywhere();
    const second = listenAnywhere();
    try {
      expect(second.redirectUri).not.toBe(first.redirectUri);
      expect(() => listenAt(second.redirectUri.replace("/callback", "/other"))).toThrow(
        "nobody can listen there",
      );
    } finally {
      await first.stop();
      await second.stop();
    }
    const registered = second.redirectUri.replace("127.0.0.1", "localhost").replace("/callback", "/a/b");
    const third = listenAt(registered);
    try {
      expect(third.redirectUri).toBe(registered);
      third.expect("s");
      void fetch(`${registered}?code=1&state=s`).catch(() => undefined);
      const { answer } = await third.returned;
      answer(true, "done");
    } finally {
      await third.stop();
    }
  });
});
