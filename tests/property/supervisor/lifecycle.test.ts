import { describe, test } from "bun:test";
import fc from "fast-check";
import {
  advance,
  type Effect,
  initialLifecycle,
  isLive,
  type Lifecycle,
  type LifecycleEvent,
} from "../../../apps/supervisor/src/lifecycle.ts";

const seed = process.env["MCP_GATEWAY_SEED"];
const runs = { numRuns: 2_000, ...(seed === undefined ? {} : { seed: Number(seed) }) };
const fault = { stage: "running", message: "it fell", remedy: "lift it" };

const command = fc.constantFrom("start", "restart", "stop", "remove" as const);
/** `age` 0 is the present incarnation, 1 the one before. */
const step = fc.record({
  type: fc.oneof(
    { weight: 2, arbitrary: command },
    {
      weight: 5,
      arbitrary: fc.constantFrom(
        "launched",
        "answered",
        "handshaken",
        "healthy",
        "released",
        "retryDue" as const,
      ),
    },
    { weight: 2, arbitrary: fc.constantFrom("launchFailed", "startupTimedOut", "closed", "exited" as const) },
  ),
  age: fc.constantFrom(0, 0, 0, 0, 1),
  clean: fc.boolean(),
  passesMs: fc.integer({ min: 0, max: 90_000 }),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function eventOf({ type, age, clean }: Step, epoch: number): LifecycleEvent {
  switch (type) {
    case "start":
    case "restart":
    case "stop":
    case "remove":
      return { type };
    case "launchFailed":
    case "startupTimedOut":
    case "closed":
      return { type, epoch: epoch - age, fault };
    case "exited":
      return { type, epoch: epoch - age, fault, clean };
    default:
      return { type, epoch: epoch - age };
  }
}

/** A world that does what the effects say and checks that they make sense. */
class World {
  /** The incarnation that was launched and not released. */
  live: number | undefined;
  closeAsked = false;
  lastLaunched = 0;

  take(effect: Effect): void {
    switch (effect.type) {
      case "launch":
        if (this.live !== undefined) throw new Error(`launched ${effect.epoch} while ${this.live} lives`);
        if (effect.epoch !== this.lastLaunched + 1)
          throw new Error(`epoch ${effect.epoch} after ${this.lastLaunched}`);
        this.live = this.lastLaunched = effect.epoch;
        this.closeAsked = false;
        return;
      case "close":
        if (this.live !== effect.epoch) throw new Error(`closed ${effect.epoch}, which does not live`);
        if (this.closeAsked) throw new Error("closed twice");
        this.closeAsked = true;
        return;
      case "connect":
      case "watchHealth":
        if (this.live !== effect.epoch || this.closeAsked)
          throw new Error(`${effect.type} for what is not up`);
        return;
      case "retry":
        if (effect.epoch !== this.lastLaunched) throw new Error("retry with an old epoch");
        return;
      default:
        effect satisfies never;
    }
  }
}

describe("the lifecycle machine under random events", () => {
  test("one incarnation at a time, each closed before the next; stop and remove always win", () => {
    const policy = fc.record({
      mode: fc.constantFrom("always", "on-failure", "never" as const),
      local: fc.boolean(),
    });
    fc.assert(
      fc.property(policy, fc.array(step, { maxLength: 200 }), (restart, steps) => {
        const world = new World();
        let state: Lifecycle = initialLifecycle("waiting");
        let nowMs = 0;
        // After stop, nothing may be launched until somebody asks for it.
        let wanted = true;
        let removed = false;
        for (const one of steps) {
          const event = eventOf(one, state.epoch);
          // The world releases only what it was asked to close.
          if (event.type === "released" && event.epoch === world.live && !world.closeAsked) continue;
          nowMs += one.passesMs;
          if (event.type === "stop") wanted = false;
          if (event.type === "start" || event.type === "restart") wanted = true;
          if (event.type === "remove") removed = true;
          if (event.type === "released" && event.epoch === world.live) world.live = undefined;
          const result = advance(state, event, { policy: restart, nowMs, random: one.random });
          for (const effect of result.effects) {
            if (effect.type === "launch" && (!wanted || removed))
              throw new Error("launched although it was stopped");
            world.take(effect);
          }
          state = result.state;
          if (isLive(state) !== (world.live !== undefined))
            throw new Error(`${state.phase}: live is ${world.live}`);
          if (
            removed &&
            state.phase !== "removed" &&
            !(state.phase === "stopping" && state.plan === "removed")
          ) {
            throw new Error(`removed, and yet ${state.phase}`);
          }
        }
        // However it went: when it is stopped and its incarnation released, it rests.
        const stop = advance(state, { type: "stop" }, { policy: restart, nowMs, random: 0.5 });
        for (const effect of stop.effects) world.take(effect);
        state = stop.state;
        if (isLive(state)) {
          if (!world.closeAsked) throw new Error("stopped without a close");
          state = advance(
            state,
            { type: "released", epoch: state.epoch },
            { policy: restart, nowMs, random: 0.5 },
          ).state;
        }
        if (state.phase !== "stopped" && state.phase !== "removed")
          throw new Error(`rests in ${state.phase}`);
      }),
      runs,
    );
  });
});
