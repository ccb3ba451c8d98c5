/** Asks a server directly and through the gateway, and demands the same bytes. */
import { expect } from "bun:test";
import type { RawClient } from "../support/raw-client.ts";

export interface Question {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

export function toolCall(name: string, args: Readonly<Record<string, unknown>> = {}): Question {
  return { method: "tools/call", params: { name, arguments: args } };
}

/**
 * Results and errors are passed on unread, so the whole line must be equal, down to the order of keys and the
 * spelling of numbers. Both sides are asked under the same id.
 */
export async function expectSameBytes(
  direct: RawClient,
  through: RawClient,
  questions: readonly Question[],
): Promise<void> {
  for (const [index, { method, params }] of questions.entries()) {
    const id = `same-${index}`;
    const plain = await direct.request(method, params, { id });
    const passed = await through.request(method, params, { id });
    expect(canonical(passed.text), `${method} ${JSON.stringify(params)}`).toBe(canonical(plain.text));
  }
}

/** Lists are read and merged by the gateway: equal as values, in the same order, with every field of every item. */
export async function expectSameLists(
  direct: RawClient,
  through: RawClient,
  methods: readonly string[],
): Promise<void> {
  for (const method of methods) {
    const plain = await direct.request(method);
    const passed = await through.request(method);
    expect(JSON.stringify(passed.result), method).toBe(JSON.stringify(plain.result));
  }
}

/** The id's place in the line is the serialiser's own affair; everything else stays as it is. */
function canonical(line: string): string {
  return line.replace(/^\{"jsonrpc":"2\.0","id":"([^"]+)",(.*)\}$/su, '{$2,"jsonrpc":"2.0","id":"$1"}');
}
