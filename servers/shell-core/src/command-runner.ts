/** Runs the commands of one server: how many at once, whose they are, and that none outlives the server. */
import { limits } from "@mcp-gateway/kit/limits";
import { CallGate } from "./call-gate.ts";
import { CallTags } from "./call-tag.ts";
import { killTaggedNow } from "./last-look.ts";
import { policedLaunch } from "./policy/launch.ts";
import { openPolicy, type ShellPolicy } from "./policy/policy.ts";
import { endTree, type ProcessTree, serverTree } from "./process-tree.ts";
import { type CommandOutcome, type CommandRequest, runCommand } from "./run-command.ts";

/** `never-ran`: cancelled, or refused, while it waited for its turn. */
export type RunResult =
  | { readonly kind: "ran"; readonly outcome: CommandOutcome }
  | { readonly kind: "never-ran"; readonly reason: "full" | "cancelled" };

export class CommandRunner {
  readonly #gate: CallGate;
  readonly #policy: ShellPolicy;
  readonly #tags = new CallTags();
  readonly #running = new Set<ProcessTree>();
  /** What calls that have ended left in the background. */
  readonly #left: ProcessTree = serverTree(this.#tags.server);
  #hasLeft = false;
  readonly #ending = new AbortController();

  /** @param waitingMax calls that wait for their turn; more are refused */
  constructor(
    callsMax: number,
    policy: ShellPolicy = openPolicy,
    waitingMax: number = limits.shellCallsWaitingMax,
  ) {
    this.#gate = new CallGate(callsMax, waitingMax);
    this.#policy = policy;
  }

  /** @throws StartFault, and its kind PolicyFault */
  async run(asked: CommandRequest): Promise<RunResult> {
    const request = policedLaunch(this.#policy, asked);
    const cancelled = AbortSignal.any([request.cancelled, this.#ending.signal]);
    const admission = await this.#gate.enter(cancelled);
    if (admission.kind !== "admitted") return { kind: "never-ran", reason: admission.kind };
    try {
      return { kind: "ran", outcome: await this.#run({ ...request, cancelled }) };
    } finally {
      admission.leave();
    }
  }

  async #run(request: CommandRequest): Promise<CommandOutcome> {
    let started: ProcessTree | undefined;
    try {
      const outcome = await runCommand(request, {
        tag: this.#tags.next(),
        termGraceMs: () =>
          this.#ending.signal.aborted ? limits.shellEndTermGraceMs : limits.shellTermGraceMs,
        onStarted: (tree) => {
          started = tree;
          this.#running.add(tree);
        },
      });
      if (started !== undefined && outcome.leftRunning > 0) await this.#keep(started);
      return outcome;
    } finally {
      if (started !== undefined) this.#running.delete(started);
    }
  }

  async #keep(tree: ProcessTree): Promise<void> {
    this.#hasLeft = true;
    this.#left.adopt(tree.members());
    // The look forgets what has ended since, so that what is remembered stays as small as what lives.
    await this.#left.survey();
  }

  /** Ends everything that runs, and what earlier calls left. Calls still in flight end as cancelled. */
  async close(): Promise<void> {
    this.#ending.abort();
    await endTree(this.#left, () => limits.shellEndTermGraceMs);
  }

  /** For the last moment of this process: no waiting. */
  killNow(): void {
    // First the look: who lost its tag is known by its parent, as long as that lives.
    if (this.#running.size > 0) killTaggedNow(this.#tags.server);
    for (const tree of this.#running) tree.kill();
    if (this.#hasLeft) this.#left.kill();
  }
}
