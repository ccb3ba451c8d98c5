import { describe, expect, test } from "bun:test";
import { readListPage } from "../../../../apps/gateway/src/catalogue/listing.ts";

function page(
  text: string,
  kind: "tools" | "resources" = "tools",
  server = "srv",
  separator: "__" | "/" = "__",
) {
  return readListPage(text, kind, { server, separator, showsOwn: false });
}

describe("a page of a list", () => {
  test("keeps every byte of an item but its name", () => {
    const item =
      '{ "inputSchema": {"type":"object","maximum":9007199254740993,"x":1e400}, "name" : "echo", "zzz":[1,  2], "description":"First\\nSecond" }';
    const read = page(`{"result":{"tools":[${item}],"nextCursor":"p2"},"jsonrpc":"2.0","id":3}`);
    expect(read?.items).toHaveLength(1);
    expect(read?.items[0]?.ownText).toBe(item);
    expect(read?.items[0]?.exposedText).toBe(item.replace('"echo"', '"srv__echo"'));
    expect(read?.items[0]?.summary).toBe("First");
    expect(read?.nextCursor).toBe("p2");
  });

  test("leaves out what has no name and says so", () => {
    const read = page('{"jsonrpc":"2.0","id":1,"result":{"tools":[{"description":"x"},42,{"name":"ok"}]}}');
    expect(read?.items.map(({ key }) => key)).toEqual(["ok"]);
    expect(read?.warnings).toHaveLength(2);
  });

  test("leaves out an item whose name is there twice, since readers would disagree on it", () => {
    const read = page('{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","name":"b"}]}}');
    expect(read?.items).toEqual([]);
    expect(read?.warnings).toHaveLength(1);
  });

  test("is no page when the result holds no list", () => {
    expect(page('{"jsonrpc":"2.0","id":1,"result":{"tools":{}}}')).toBeUndefined();
    expect(page('{"jsonrpc":"2.0","id":1,"result":{}}')).toBeUndefined();
  });

  test("keeps URIs as they are", () => {
    const read = page(
      '{"jsonrpc":"2.0","id":1,"result":{"resources":[{"uri":"file:///a","name":"a"}]}}',
      "resources",
    );
    expect(read?.items[0]).toMatchObject({ key: "file:///a", exposedKey: "file:///a" });
  });
});
