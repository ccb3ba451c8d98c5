/**
 * Starts supervisor and gateway, or several gateways, side by side and keeps them running, each by itself. It
 * holds no data and loads nothing large, because it lives as long as they do.
 */
import { fstatSync, statSync } from "node:fs";
import { devNull } from "node:os";
import { limits } from "@mcp-gateway/kit/limits";
import { watchAncestors } from "./ancestors.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Programs } from "./launch-plan.ts";
import {
  describeExit,
  type EndHistory,
  judgeExit,
  type ProcessExit,
  type ProcessName,
} from "./one-for-one.ts";
import { ProcessGroup } from "./process-group.ts";

export interface LaunchPlan {
  /** Asked for at each start. */
  programs(): Programs;
  /** One line for the person at the console. */
  say(line: string): void;
  /** Tells what is wrong with the configuration. */
  tellConfigFaults(): Promise<void>;
}

/** Resolves with the exit code when all processes have ended. */
export function launch(plan: LaunchPlan): Promise<number> {
  return new Promise((resolve) => new Launcher(plan, resolve).start());
}

class Launcher {
  readonly #plan: LaunchPlan;
  readonly #done: (exitCode: number) => void;
  readonly #processes: ProcessGroup;
  readonly #restartTimers = new Set<ReturnType<typeof setTimeout>>();
  readonly #devices = characterDevices();
  readonly #force = new AbortController();
  #history: EndHistory = [];
  #stoppingSinceMs: number | undefined;
  #exitCode = 0;
  #unwatch: () => void = () => {};

  constructor(plan: LaunchPlan, done: (exitCode: number) => void) {
    this.#plan = plan;
    this.#done = done;
    this.#processes = new ProcessGroup(
      () => plan.programs(),
      (exit) => this.#onExit(exit),
    );
  }

  start(): void {
    process.on("SIGTERM", () => this.#onStopSignal());
    process.on("SIGINT", () => this.#onStopSignal());
    process.on("SIGHUP", () => void this.#onHangup());
    this.#unwatch = watchAncestors(() => void this.#stop(0));
    for (const name of this.#processes.all) this.#processes.spawn(name);
  }

  #onExit(exit: ProcessExit): void {
    if (this.#stoppingSinceMs !== undefined) return;
    const processes = this.#processes.all.length;
    const verdict = judgeExit(this.#history, exit, performance.now(), Math.random(), processes);
    switch (verdict.kind) {
      case "restart":
        this.#history = verdict.history;
        this.#plan.say(`${describeExit(exit)}; restarting it`);
        this.#restartAfter(exit.name, verdict.delayMs);
        return;
      case "start-failed":
        void this.#stop(verdict.exitCode);
        return;
      case "config-faulty":
        void this.#stop(exitCodes.startFailed, () => this.#plan.tellConfigFaults());
        return;
      case "give-up":
        this.#plan.say(`${describeExit(exit)}; ${giveUpReason(verdict.ends)}`);
        void this.#stop(1);
        return;
      default:
        verdict satisfies never;
    }
  }

  #restartAfter(name: ProcessName, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#restartTimers.delete(timer);
      if (this.#stoppingSinceMs === undefined) this.#processes.spawn(name);
    }, delayMs);
    this.#restartTimers.add(timer);
  }

  #onStopSignal(): void {
    const sinceMs = this.#stoppingSinceMs;
    if (sinceMs === undefined) void this.#stop(0);
    else if (performance.now() - sinceMs > limits.signalRepeatMs) this.#force.abort();
  }

  /** A terminal that was closed ends us; the signal alone asks for the configuration to be read again. */
  async #onHangup(): Promise<void> {
    // Loaded when it is needed: it brings streams with it, a fifth of what the launcher weighs.
    const { isatty } = await import("node:tty");
    const isTerminalGone =
      this.#devices.length > 0 && !this.#devices.some((descriptor) => isatty(descriptor));
    if (isTerminalGone) this.#onStopSignal();
    else this.#processes.signal("supervisor", "SIGHUP");
  }

  /** @param last to be done when all have ended */
  async #stop(exitCode: number, last: () => Promise<void> = async () => {}): Promise<void> {
    if (this.#stoppingSinceMs !== undefined) return;
    this.#stoppingSinceMs = performance.now();
    this.#exitCode = exitCode;
    this.#unwatch();
    for (const timer of this.#restartTimers) clearTimeout(timer);
    const slow = setTimeout(
      () => this.#plan.say("stopping takes a moment; a second Ctrl-C ends everything at once"),
      limits.stopSilentMs,
    );
    await this.#stopInOrder(this.#stoppingSinceMs);
    clearTimeout(slow);
    if (this.#force.signal.aborted) await this.#stopNow();
    const { all } = this.#processes;
    for (const name of all) this.#processes.signal(name, "SIGKILL");
    await this.#processes.untilEnded(all, limits.forcedStopMsMax);
    await last();
    this.#done(this.#exitCode);
  }

  /** Gateways first, so that their clients are told; then the supervisor, which ends the servers. */
  async #stopInOrder(sinceMs: number): Promise<void> {
    const cancel = this.#force.signal;
    const { gateways, all } = this.#processes;
    for (const name of gateways) this.#processes.terminate(name);
    await this.#processes.untilEnded(gateways, limits.shutdownDrainMs + limits.forcedStopMsMax, cancel);
    if (cancel.aborted) return;
    this.#processes.terminate("supervisor");
    await this.#processes.untilEnded(all, limits.shutdownMsMax - (performance.now() - sinceMs), cancel);
  }

  /** The supervisor's second SIGTERM makes it kill the process groups of its servers at once. */
  async #stopNow(): Promise<void> {
    const { gateways, all } = this.#processes;
    for (const name of gateways) this.#processes.signal(name, "SIGKILL");
    this.#processes.terminate("supervisor");
    // Two signals at the same instant would arrive as one.
    await this.#processes.untilEnded(["supervisor"], limits.forcedStopMsMax / 5);
    this.#processes.terminate("supervisor");
    await this.#processes.untilEnded(all, limits.forcedStopMsMax);
  }
}

function giveUpReason(ends: number): string {
  return `${ends} ends within ${limits.processRestartWindowMs / 1000} s are too many, giving up. The log files have the reason.`;
}

/** Which of its own three descriptors are terminals, as far as that can be told without asking the terminal. */
function characterDevices(): readonly number[] {
  return [0, 1, 2].filter((descriptor) => {
    try {
      const device = fstatSync(descriptor);
      return device.isCharacterDevice() && device.rdev !== statSync(devNull).rdev;
    } catch {
      return false; // Closed.
    }
  });
}
