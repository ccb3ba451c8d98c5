import { describe, expect, test } from "bun:test";
import { mayLeadTo, nearest, type Reach, reachOf } from "../../../../apps/supervisor/src/sign-in/reach.ts";

describe("how far an address reaches", () => {
  test.each<[Reach, readonly string[]]>([
    [
      "loopback",
      ["127.0.0.1", "127.255.0.3", "0.0.0.0", "::1", "::", "[::1]", "::ffff:127.0.0.1", "::ffff:7f00:1"],
    ],
    ["loopback", ["64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1"]],
    ["private", ["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1"]],
    [
      "private",
      ["0.1.2.3", "192.0.0.8", "198.18.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "240.0.0.1"],
    ],
    [
      "private",
      ["fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1", "2001:0:1::1"],
    ],
    [
      "private",
      ["::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:c0a8:1::1", "64:ff9b:1::1", "100::1", "3fff::1"],
    ],
    ["private", ["no address", "", "1.2.3", "1.2.3.4.5", "0x7f.1"]],
    [
      "public",
      ["1.1.1.1", "172.15.0.1", "172.32.0.1", "192.167.0.1", "100.128.0.1", "223.255.255.255", "11.0.0.1"],
    ],
    [
      "public",
      ["2606:4700::1111", "2a00::1", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1", "2001:4860::1"],
    ],
  ])("%s: %j", (reach, addresses) => {
    expect(addresses.map((address) => [address, reachOf(address)])).toEqual(
      addresses.map((address) => [address, reach]),
    );
  });

  test("the nearest of several counts, and none is not far", () => {
    expect(nearest(["public", "private", "loopback"])).toBe("loopback");
    expect(nearest(["public", "private"])).toBe("private");
    expect(nearest(["public", "public"])).toBe("public");
    expect(nearest([])).toBe("private");
  });

  test("a server leads nowhere nearer than it is itself", () => {
    const all: readonly Reach[] = ["loopback", "private", "public"];
    const allowed = (server: Reach): readonly Reach[] => all.filter((target) => mayLeadTo(server, target));
    expect(allowed("public")).toEqual(["public"]);
    expect(allowed("private")).toEqual(["private", "public"]);
    expect(allowed("loopback")).toEqual(["loopback", "private", "public"]);
  });
});
