/** Who may use the link: the same contract, the same secret, a role that is known. Pure. */
import { contractVersion, type Hello, readToSupervisor } from "@mcp-gateway/contract";
import { version } from "@mcp-gateway/kit";

export type HelloVerdict =
  | { readonly kind: "accepted"; readonly hello: Hello }
  | { readonly kind: "refused"; readonly reason: string };

/** @param payload of the first frame of a connection */
export function judgeHello(payload: Uint8Array, token: string): HelloVerdict {
  const message = readToSupervisor(payload);
  // A peer of another version may shape its hello differently, but it names its contract.
  const contract = message?.type === "hello" ? message.contract : contractIn(payload);
  if (contract !== undefined && contract !== contractVersion) {
    return refused(
      `The link's contract is version ${contractVersion} here (supervisor ${version}) and version ${contract} there.`,
    );
  }
  if (message?.type !== "hello") return refused("The first message is no hello.");
  if (!isSame(message.token, token)) return refused("The token is not the one in the state directory.");
  return { kind: "accepted", hello: message };
}

function refused(reason: string): HelloVerdict {
  return { kind: "refused", reason };
}

function contractIn(payload: Uint8Array): number | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (typeof value !== "object" || value === null || !("contract" in value)) return undefined;
    return typeof value.contract === "number" ? value.contract : undefined;
  } catch {
    return undefined; // Not JSON: it names nothing.
  }
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}
