/** `gateway login <server>`: a person signs in at a server in a browser; the supervisor gets and keeps the tokens. */
import { limits, messageOf } from "@mcp-gateway/kit";
import { printable } from "@mcp-gateway/kit/terminal-text";
import { defineCommand } from "citty";
import { observe } from "../api/observe.ts";
import { operate } from "../api/operate.ts";
import { findTarget, type Target } from "../api/target.ts";
import { CliError } from "../cli-error.ts";
import { serverArg, targetArgs } from "../instance.ts";
import { type Callback, listenAnywhere, listenAt, type Returned } from "../login/callback.ts";
import { openBrowser } from "../login/open-browser.ts";
import { pastedLine } from "../login/pasted.ts";
import { paintFor, writeLines } from "../terminal.ts";
import { sayOutcome, waitFor } from "./operate.ts";

export const login = defineCommand({
  meta: { name: "login", description: "Sign in at a server that wants it, in a browser" },
  args: {
    ...serverArg,
    "no-browser": { type: "boolean", description: "Only print the address, and open nothing" },
    ...targetArgs,
  },
  async run({ args }) {
    const target = findTarget(args);
    const askedAt = Date.now();
    const before = await observe(target);
    await signIn(target, args.server, args["no-browser"] !== true);
    const paint = paintFor(process.stdout);
    await writeLines([`${paint.green("✔")} Signed in at ${paint.bold(printable(args.server))}.`]);
    const progress = await waitFor(target, args.server, "start", before, askedAt, limits.cliRestartWaitMsMax);
    await sayOutcome(target, args.server, "start", progress);
  },
});

/** @throws CliError */
async function signIn(target: Target, server: string, mayOpen: boolean): Promise<void> {
  const first = listenAnywhere();
  let callback = first;
  try {
    const url = await operate(target, "login", server, first.redirectUri);
    // It may be another's gateway that answers, and what is opened is what a browser shows.
    if (url === undefined || !/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new CliError("The gateway gave no address to sign in at.");
    const { searchParams } = new URL(url);
    const redirectUri = searchParams.get("redirect_uri") ?? first.redirectUri;
    // The configuration can name another address, the one that was registered.
    if (redirectUri !== first.redirectUri) callback = await moved(first, redirectUri);
    const state = searchParams.get("state") ?? "";
    callback.expect(state);
    await sayWhatToDo(url, server, mayOpen && openBrowser(url));
    await finish(target, server, await comeBack(callback, state));
  } finally {
    // The browser's page is on its way; a connection that the browser keeps is not waited for.
    await Promise.race([callback.stop(), Bun.sleep(limits.cliCancelTimeoutMs)]);
  }
}

async function moved(from: Callback, redirectUri: string): Promise<Callback> {
  await from.stop();
  return listenAt(redirectUri);
}

async function sayWhatToDo(url: string, server: string, isOpened: boolean): Promise<void> {
  const paint = paintFor(process.stdout);
  const where = isOpened ? "the browser that was opened; if there is none, at" : "a browser, at";
  await writeLines([
    `Sign in at ${paint.bold(printable(server))} in ${where}:`,
    `  ${paint.cyan(url)}`,
    paint.dim(
      `Waiting ${limits.signInPersonMs / 60_000} minutes for the browser to come back. If it is on another machine, it ends at a page`,
    ),
    paint.dim("that can't be opened: paste the address of that page here, and press Enter."),
  ]);
}

/** By the browser itself or by hand, whichever is first. @throws CliError when neither comes */
async function comeBack(callback: Callback, state: string): Promise<Returned> {
  const pasted = pastedLine(state);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const message = `Nobody signed in within ${limits.signInPersonMs / 60_000} minutes.`;
  const timer = setTimeout(() => reject(new CliError(message)), limits.signInPersonMs);
  try {
    const byHand = pasted.line.then((query): Returned => ({ query, answer: () => undefined }));
    return await Promise.race([callback.returned, byHand, late]);
  } finally {
    clearTimeout(timer);
    pasted.stop();
  }
}

async function finish(target: Target, server: string, { query, answer }: Returned): Promise<void> {
  try {
    await operate(target, "finish-login", server, query);
    answer(true, "You are signed in. This page can be closed.");
  } catch (thrown) {
    answer(false, messageOf(thrown));
    throw thrown;
  }
}
