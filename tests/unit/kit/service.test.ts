import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { serviceManager, withoutServiceVariables } from "@mcp-gateway/kit/service";
import { watchdogEveryMs } from "../../../packages/kit/src/service/environment.ts";
import { socketAddress } from "../../../packages/kit/src/service/notify.ts";
import { bindDatagramSocket } from "../../support/datagram-socket.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitFor } from "../../support/wait-for.ts";

const isLinux = process.platform === "linux";

describe.skipIf(!isLinux)("a process that systemd waits to hear from", () => {
  test("says that it is ready, how it goes, again for the watchdog, and that it stops", async () => {
    using folder = tempDir("notify");
    for (const path of [join(folder.path, "socket"), `@mgw-test-${process.pid}`]) {
      using socket = bindDatagramSocket(path);
      const watchdog = { WATCHDOG_USEC: "60000", WATCHDOG_PID: String(process.pid) };
      const service = await serviceManager({ NOTIFY_SOCKET: path, ...watchdog });
      let line = "two\nlines";
      service?.started(() => line);
      expect(socket.read()).toBe("READY=1\nWATCHDOG=1\nSTATUS=two lines");
      line = "later";
      expect(await waitFor(() => socket.read(), { what: "a sign of life" })).toBe(
        "READY=1\nWATCHDOG=1\nSTATUS=later",
      );
      service?.stopping();
      await waitFor(() => socket.read() === "STOPPING=1\nSTATUS=Stopping", { what: "the last word" });
      await Bun.sleep(60); // Three times what lay between signs of life.
      expect(socket.read()).toBeUndefined();
    }
  });

  test("tells a change soon, and a burst of changes once", async () => {
    using folder = tempDir("notify");
    using socket = bindDatagramSocket(join(folder.path, "socket"));
    const service = await serviceManager({ NOTIFY_SOCKET: join(folder.path, "socket") });
    let asked = 0;
    service?.started(() => String(++asked));
    for (let at = 0; at < 50; at += 1) service?.changed();
    expect(socket.read()).toContain("STATUS=1");
    expect(await waitFor(() => socket.read(), { what: "the change", timeoutMs: 1_900 })).toContain(
      "STATUS=2",
    );
    expect(socket.read()).toBeUndefined();
    service?.stopping();
  });

  test("goes on when nobody listens, or the socket is gone", async () => {
    const service = await serviceManager({ NOTIFY_SOCKET: "/nowhere/at/all" });
    expect(() => {
      service?.started(() => "here");
      service?.stopping();
    }).not.toThrow();
  });
});

describe("without a service manager", () => {
  test("nothing is loaded and nothing is said", async () => {
    expect(await serviceManager({})).toBeUndefined();
    expect(await serviceManager({ NOTIFY_SOCKET: "" })).toBeUndefined();
  });

  test("its variables are anybody's, and are passed on", () => {
    const own = { STATE_DIRECTORY: "/mine", PATH: "/bin" };
    expect(withoutServiceVariables(own)).toEqual(own);
  });
});

describe("what systemd says to a service", () => {
  test("is no server's to hear", () => {
    const told = {
      NOTIFY_SOCKET: "/run/systemd/notify",
      WATCHDOG_USEC: "30000000",
      WATCHDOG_PID: "1",
      INVOCATION_ID: "0123",
      JOURNAL_STREAM: "8:1",
      STATE_DIRECTORY: "/var/lib/mcp-gateway/0123",
    };
    expect(withoutServiceVariables({ ...told, PATH: "/bin", TOKEN: "t" })).toEqual({
      PATH: "/bin",
      TOKEN: "t",
    });
  });

  test("is a watchdog's time only for the process it is meant for", () => {
    expect(watchdogEveryMs({ WATCHDOG_USEC: "30000000" }, 7)).toBe(10_000);
    expect(watchdogEveryMs({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "7" }, 7)).toBe(10_000);
    expect(watchdogEveryMs({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8" }, 7)).toBeUndefined();
    for (const odd of ["", "0", "-1", "soon"])
      expect(watchdogEveryMs({ WATCHDOG_USEC: odd }, 7)).toBeUndefined();
    expect(watchdogEveryMs({}, 7)).toBeUndefined();
  });

  test("comes from a path, or from a name that no file has", () => {
    expect([...socketAddress("/a")]).toEqual([1, 0, 47, 97, 0]);
    expect([...socketAddress("@a")]).toEqual([1, 0, 0, 97]);
  });
});
