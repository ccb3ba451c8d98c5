import { describe, expect, test } from "bun:test";
import {
  advance,
  type Effect,
  type Lifecycle,
  type LifecycleEvent,
} from "../../../../apps/supervisor/src/lifecycle.ts";
import { freshHistory } from "../../../../apps/supervisor/src/restart.ts";

const now = { policy: { mode: "always", local: true }, nowMs: 1_000, random: 0.5 } as const;
const fault = { stage: "running", message: "it fell", remedy: "lift it" };
const base = { epoch: 4, history: freshHistory, fault: null };

const states = {
  waiting: { ...base, phase: "waiting" },
  stopped: { ...base, phase: "stopped" },
  disabled: { ...base, phase: "disabled" },
  skipped: { ...base, phase: "skipped" },
  removed: { ...base, phase: "removed" },
  starting: { ...base, phase: "starting", launched: false },
  connecting: { ...base, phase: "connecting" },
  ready: { ...base, phase: "ready" },
  "stopping→stopped": { ...base, phase: "stopping", plan: "stopped" },
  "stopping→start": { ...base, phase: "stopping", plan: "start" },
  "stopping→removed": { ...base, phase: "stopping", plan: "removed" },
  "backing-off live": { ...base, phase: "backing-off", live: true, due: false, delayMs: 250 },
  "backing-off live due": { ...base, phase: "backing-off", live: true, due: true, delayMs: 250 },
  "backing-off": { ...base, phase: "backing-off", live: false, due: false, delayMs: 250 },
  failed: { ...base, phase: "failed", live: false, due: false, delayMs: 300_000 },
} as const satisfies Record<string, Lifecycle>;
type StateName = keyof typeof states;

const events = {
  start: { type: "start" },
  restart: { type: "restart" },
  stop: { type: "stop" },
  remove: { type: "remove" },
  launched: { type: "launched", epoch: 4 },
  answered: { type: "answered", epoch: 4 },
  handshaken: { type: "handshaken", epoch: 4 },
  healthy: { type: "healthy", epoch: 4 },
  launchFailed: { type: "launchFailed", epoch: 4, fault },
  startupTimedOut: { type: "startupTimedOut", epoch: 4, fault },
  closed: { type: "closed", epoch: 4, fault },
  exited: { type: "exited", epoch: 4, fault, clean: false },
  released: { type: "released", epoch: 4 },
  retryDue: { type: "retryDue", epoch: 4 },
} as const satisfies Record<string, LifecycleEvent>;
type EventName = keyof typeof events;

/** Only what changes something; every other pair must change nothing. `name | effects`. */
const lost = "backing-off live | close retry";
const table: Partial<Record<StateName, Partial<Record<EventName, string>>>> = {
  waiting: {
    start: "starting | launch",
    restart: "starting | launch",
    stop: "stopped |",
    remove: "removed |",
  },
  stopped: {
    start: "starting | launch",
    restart: "starting | launch",
    stop: "stopped |",
    remove: "removed |",
  },
  disabled: { remove: "removed |" },
  skipped: { remove: "removed |" },
  starting: {
    restart: "stopping→start | close",
    stop: "stopping→stopped | close",
    remove: "stopping→removed | close",
    launched: "starting |",
    answered: "connecting | connect",
    launchFailed: lost,
    startupTimedOut: lost,
    closed: lost,
    exited: lost,
  },
  connecting: {
    restart: "stopping→start | close",
    stop: "stopping→stopped | close",
    remove: "stopping→removed | close",
    handshaken: "ready | watchHealth",
    launchFailed: lost,
    startupTimedOut: lost,
    closed: lost,
    exited: lost,
  },
  ready: {
    restart: "stopping→start | close",
    stop: "stopping→stopped | close",
    remove: "stopping→removed | close",
    healthy: "ready |",
    launchFailed: lost,
    startupTimedOut: lost,
    closed: lost,
    exited: lost,
  },
  "stopping→stopped": {
    start: "stopping→start |",
    restart: "stopping→start |",
    stop: "stopping→stopped |",
    remove: "stopping→removed |",
    released: "stopped |",
  },
  "stopping→start": {
    start: "stopping→start |",
    restart: "stopping→start |",
    stop: "stopping→stopped |",
    remove: "stopping→removed |",
    released: "starting | launch",
  },
  "stopping→removed": { released: "removed |" },
  "backing-off live": {
    start: "backing-off live due |",
    restart: "backing-off live due |",
    stop: "stopping→stopped |",
    remove: "stopping→removed |",
    released: "backing-off |",
    retryDue: "backing-off live due |",
  },
  "backing-off live due": {
    start: "backing-off live due |",
    restart: "backing-off live due |",
    stop: "stopping→stopped |",
    remove: "stopping→removed |",
    released: "starting | launch",
    retryDue: "backing-off live due |",
  },
  "backing-off": {
    start: "starting | launch",
    restart: "starting | launch",
    stop: "stopped |",
    remove: "removed |",
    retryDue: "starting | launch",
  },
  failed: {
    start: "starting | launch",
    restart: "starting | launch",
    stop: "stopped |",
    remove: "removed |",
    retryDue: "starting | launch",
  },
};

function nameOf(state: Lifecycle): string {
  if (state.phase === "stopping") return `stopping→${state.plan}`;
  if (state.phase === "backing-off" || state.phase === "failed") {
    return `${state.phase}${state.live ? " live" : ""}${state.due ? " due" : ""}`;
  }
  return state.phase;
}

function describeStep(state: Lifecycle, effects: readonly Effect[]): string {
  return `${nameOf(state)} | ${effects.map((effect) => effect.type).join(" ")}`.trim();
}

// The cast gives back what `Object.keys` forgets.
const stateNames = Object.keys(states) as StateName[];
const eventNames = Object.keys(events) as EventName[];

describe("every state and every event", () => {
  for (const stateName of stateNames) {
    for (const eventName of eventNames) {
      const expected = table[stateName]?.[eventName];
      test(`${stateName} + ${eventName} → ${expected ?? "nothing"}`, () => {
        const state: Lifecycle = states[stateName];
        const step = advance(state, events[eventName], now);
        if (expected === undefined) expect(step).toEqual({ state, effects: [] });
        else expect(describeStep(step.state, step.effects)).toBe(expected);
      });
    }
  }

  test("events of an older incarnation change nothing in any state", () => {
    for (const stateName of stateNames) {
      for (const eventName of eventNames) {
        const event = events[eventName];
        if (!("epoch" in event)) continue;
        const state: Lifecycle = states[stateName];
        expect(advance(state, { ...event, epoch: 3 }, now)).toEqual({ state, effects: [] });
      }
    }
  });
});

describe("what the table does not show", () => {
  test("a launch has the next epoch, every other effect the present one", () => {
    expect(advance(states.waiting, { type: "start" }, now).effects).toEqual([{ type: "launch", epoch: 5 }]);
    expect(advance(states.ready, events.closed, now).effects).toEqual([
      { type: "close", epoch: 4, now: false },
      { type: "retry", epoch: 4, delayMs: 250 },
    ]);
  });

  test("only what has exited is closed without waiting", () => {
    expect(advance(states.ready, events.exited, now).effects[0]).toEqual({
      type: "close",
      epoch: 4,
      now: true,
    });
  });

  test("a fault is kept while it is down and during the next start, and forgotten when ready", () => {
    const down = advance(states.ready, events.closed, now).state;
    const again = advance(advance(down, events.released, now).state, events.retryDue, now).state;
    expect(again).toMatchObject({ phase: "starting", epoch: 5, fault });
    const connecting = advance(again, { type: "answered", epoch: 5 }, now).state;
    expect(advance(connecting, { type: "handshaken", epoch: 5 }, now).state.fault).toBeNull();
  });

  test("`on-failure`: a clean end when ready is the end; a clean exit before ready is a failure", () => {
    const policy = { ...now, policy: { mode: "on-failure", local: true } } as const;
    const clean = { ...events.exited, clean: true };
    const ended = advance(states.ready, clean, policy);
    expect(describeStep(ended.state, ended.effects)).toBe("stopping→stopped | close");
    const failed = advance(states.connecting, clean, policy);
    expect(describeStep(failed.state, failed.effects)).toBe("backing-off live | close retry");
  });

  test("`never`: a failure stays down without a retry", () => {
    const step = advance(states.ready, events.exited, { ...now, policy: { mode: "never", local: true } });
    expect(describeStep(step.state, step.effects)).toBe("failed live | close");
    expect(step.state).toMatchObject({ delayMs: null, fault });
  });

  test("asking for a failed one forgets its failures", () => {
    const failed: Lifecycle = {
      ...states.failed,
      history: { attempt: 9, startsMs: [1, 2, 3], gaveUp: true },
    };
    expect(advance(failed, { type: "restart" }, now).state.history).toEqual({
      attempt: 0,
      startsMs: [now.nowMs],
      gaveUp: false,
    });
    expect(advance(failed, events.retryDue, now).state.history).toMatchObject({ gaveUp: true });
  });
});
