/** Names of tools and servers. */
import { describe, expect, test } from "bun:test";
import { aliasName, exposedName } from "@mcp-gateway/mcp";

const hashed = /_[0-9][0-9a-z]{9}$/;

describe("exposedName", () => {
  test.each([
    ["playwright", "browser_take_screenshot", "playwright__browser_take_screenshot"],
    ["my-server_2", "get_sum", "my-server_2__get_sum"],
    ["a", "_b", "a___b"],
    ["a", "b__c", "a__b__c"],
    ["s", "x".repeat(61), `s__${"x".repeat(61)}`],
  ])("%s and %s are joined plainly", (server, tool, exposed) => {
    expect(exposedName(server, tool, "__")).toBe(exposed);
  });

  test.each([
    ["a__b", "c"],
    ["a_", "b"],
    ["_a", "b"],
    ["@scope/x", "y"],
    ["my server", "tool"],
    ["a", "with/slash"],
    ["a", "dots.and.more"],
    ["a", ""],
    ["\u4e2d\u6587", "\u5de5\u5177"],
    ["s", "x".repeat(62)],
    ["s".repeat(64), "tool"],
    ["a", "b_0123456789"],
  ])("%s and %s get a hash", (server, tool) => {
    const exposed = exposedName(server, tool, "__");
    expect(exposed).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(exposed).toMatch(hashed);
  });

  test("the head of a hashed name can be read", () => {
    expect(exposedName("@scope/caf\u00e9 server", "do.it now", "__")).toMatch(
      /^scope_cafe_server__do_it_now_[0-9][0-9a-z]{9}$/,
    );
    expect(exposedName("\u4e2d", "\u5de5", "__")).toMatch(/^x__x_[0-9][0-9a-z]{9}$/);
    expect(exposedName("s".repeat(64), "t".repeat(100), "__")).toHaveLength(64);
  });

  test("names never change: this one is fixed", () => {
    expect(exposedName("a__b", "c", "__")).toBe("a_b__c_03ttemxev4");
  });

  test("the readable form joins with a slash", () => {
    expect(exposedName("playwright", "browser_click", "/")).toBe("playwright/browser_click");
    expect(aliasName("a", "b")).toBe("a/b");
  });

  test("a tool name of a megabyte costs little", () => {
    const began = performance.now();
    expect(exposedName("a", "\u00e9".repeat(1_000_000), "__").length).toBeLessThanOrEqual(64);
    expect(performance.now() - began).toBeLessThan(200);
  });
});
