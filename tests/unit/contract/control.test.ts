import { expect, test } from "bun:test";
import { readFromSupervisor, readToSupervisor, writeControl } from "@mcp-gateway/contract";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

test("a control message comes out as it went in", () => {
  const hello = { type: "hello", contract: 1, role: "gateway", token: "t", gateway: 0, pid: 1 } as const;
  expect(readToSupervisor(writeControl(hello))).toEqual(hello);
  expect(readFromSupervisor(writeControl({ type: "heartbeat" }))).toEqual({ type: "heartbeat" });
});

test.each([
  ["not JSON", new TextEncoder().encode("{")],
  ["no object", bytes(42)],
  ["an unknown type", bytes({ type: "spawn", command: "sh" })],
  ["an operation nobody knows", bytes({ type: "operation", id: 1, operation: "exec", backend: "x" })],
  ["a missing member", bytes({ type: "operation", id: 1, operation: "stop" })],
  ["a wrong role", bytes({ type: "hello", contract: 1, role: "root", token: "t", gateway: 0, pid: 1 })],
])("%s is no control message", (_what, payload) => {
  expect(readToSupervisor(payload)).toBeUndefined();
  expect(readFromSupervisor(payload)).toBeUndefined();
});

test("no message to the supervisor has a place for a command, arguments or an environment", async () => {
  const source = await Bun.file(new URL("../../../packages/contract/src/control.ts", import.meta.url)).text();
  expect(source).not.toMatch(/\b(command|args|arguments|env|environment|headers):\s*Type\./);
});
