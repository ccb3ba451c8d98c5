import { expect, test } from "bun:test";
import { notReady } from "../../../../apps/gateway/src/link/calls.ts";
import { backendState } from "../../../support/backend-state.ts";

test("why a server takes no calls is said in sentences", () => {
  const fault = { stage: "spawn", remedy: "Install it.", at: 1, stderrTail: [] };
  const failed = (message: string) =>
    notReady(backendState({ name: "one", phase: "failed", fault: { ...fault, message } })).message;
  const begin = 'The server "one" is not ready (failed). ';
  expect(failed("It ended.")).toBe(`${begin}It ended. Install it.`);
  expect(failed("command not found: x")).toBe(`${begin}command not found: x. Install it.`);
  const stopped = backendState({ name: "one", phase: "stopped", note: "stopped by you" });
  expect(notReady(stopped).message).toBe('The server "one" is not ready (stopped). stopped by you');
  expect(notReady({ ...stopped, note: "" }).message).toBe('The server "one" is not ready (stopped).');
});
