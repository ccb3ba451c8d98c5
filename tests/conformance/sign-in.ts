/** What the suite's scenarios about signing in need besides: an `oauth` section from their context, and a person. */
import type { Stack } from "../support/harness.ts";
import { login } from "../support/sign-in.ts";

/** The pinned suite's own format. */
export interface SignInContext {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly issuer?: string;
  readonly private_key_pem?: string;
}

/** The address that the suite expects where client ID metadata documents are taken. */
const clientMetadataUrl = "https://conformance-test.local/client-metadata.json";
/** A person who is asked again and again gives up. */
const loginsMax = 3;

export function oauthFor(scenario: string, context: SignInContext): Record<string, unknown> {
  const { client_id: clientId, client_secret: clientSecret, private_key_pem: privateKey, issuer } = context;
  const grant = scenario.includes("client-credentials") ? "client_credentials" : undefined;
  const known = { grant, clientId, clientSecret, privateKey, issuer };
  return {
    ...(clientId === undefined ? { clientMetadataUrl } : {}),
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
  };
}

/** Does the work, and signs in each time that the gateway says it is needed. @throws what the work throws at last */
export async function signingIn(stack: Stack, work: () => Promise<void>): Promise<void> {
  for (let logins = 0; ; logins += 1) {
    await settled(stack);
    try {
      await work();
      return;
    } catch (thrown) {
      if (logins >= loginsMax || !(await isWanted(stack, thrown))) throw thrown;
    }
    const { exitCode, output } = await login(stack, { server: "suite" });
    if (exitCode !== 0 && !output.includes("Signed in")) throw new Error(output);
  }
}

async function settled(stack: Stack): Promise<void> {
  await stack.waitForStatus(
    ({ servers }) => ["ready", "failed"].includes(servers[0]?.state ?? ""),
    "the server to settle",
  );
}

async function isWanted(stack: Stack, thrown: unknown): Promise<boolean> {
  const { servers } = await stack.status();
  return servers[0]?.fault?.stage === "sign-in" || /sign-in at the server/.test(String(thrown));
}
