/** What is known of the backends is made once for each change of one, however many clients ask for it. */
import { expect, spyOn, test } from "bun:test";
import type { BackendState } from "@mcp-gateway/contract";
import { capabilitiesOf, handshakeOf } from "../../../../apps/gateway/src/link/backend-facts.ts";
import { Mirror } from "../../../../apps/gateway/src/link/mirror.ts";
import { backendState } from "../../../support/backend-state.ts";

function aBackend(name: string, part: Partial<BackendState> = {}): BackendState {
  return backendState({
    name,
    pid: 1,
    since: 0,
    initializeResult: '{"capabilities":{"tools":{}},"instructions":"read me"}',
    ...part,
  });
}

test("a handshake is read once for each state, and anew for the next", () => {
  const parse = spyOn(JSON, "parse");
  try {
    const backend = aBackend("a");
    for (let client = 0; client < 100; client += 1) {
      expect(handshakeOf(backend)["instructions"]).toBe("read me");
      expect(capabilitiesOf(backend)).toEqual({ tools: {} });
    }
    expect(parse).toHaveBeenCalledTimes(1);
    const next = aBackend("a", { initializeResult: '{"capabilities":{"prompts":{}}}' });
    expect(capabilitiesOf(next)).toEqual({ prompts: {} });
    expect(capabilitiesOf(aBackend("a", { initializeResult: null }))).toEqual({});
    for (const odd of ["[]", "null", "1", '{"capabilities":7}'])
      expect(Object.keys(capabilitiesOf(aBackend("a", { initializeResult: odd })))).toEqual([]);
  } finally {
    parse.mockRestore();
  }
});

test("the order of the configuration is kept through every change, and made once for each", () => {
  const mirror = new Mirror({ onBackend: () => undefined, onRemoved: () => undefined });
  const names = (): string => {
    expect(mirror.all()).toBe(mirror.all());
    return mirror
      .all()
      .map(({ name }) => name)
      .join("");
  };
  const config = { path: "", revision: 1, loadedAt: 0, faults: [] };
  mirror.replaceAll(
    [aBackend("c", { index: 3, order: 3 }), aBackend("a", { index: 1, order: 1 })],
    config,
    true,
  );
  expect(names()).toBe("ac");
  mirror.set(aBackend("b", { index: 2, order: 2 }));
  expect(names()).toBe("abc");
  mirror.set(aBackend("a", { index: 1, order: 9 }));
  expect(names()).toBe("bca");
  mirror.remove(3);
  expect(names()).toBe("ba");
  mirror.replaceAll([aBackend("z")], config, false);
  expect(names()).toBe("z");
});
