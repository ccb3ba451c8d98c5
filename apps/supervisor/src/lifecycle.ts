/**
 * The life of one backend as a pure machine: (state, event) → state and effects. It does nothing itself.
 *
 * An incarnation is one start of the backend, numbered by the epoch. It is *live* from `launch` until
 * `released`, when its process, its connection and everything they started are gone; the next one is
 * launched only then. Events of an incarnation carry its epoch, and those of an older one are ignored.
 *
 *   state          start      restart    stop       remove     launched  answered    handshaken  lost*      released      retryDue
 *   waiting        starting¹  starting¹  stopped    removed    –         –           –           –          –             –
 *   stopped        starting¹  starting¹  –          removed    –         –           –           –          –             –
 *   starting       –          stopping→¹ stopping   stopping→ᵡ starting  connecting² –           down³      –             –
 *   connecting     –          stopping→¹ stopping   stopping→ᵡ –         –           ready⁴      down³      –             –
 *   ready          –          stopping→¹ stopping   stopping→ᵡ –         –           –           down³      –             –
 *   stopping       then¹      then¹      then stop  then ᵡ     –         –           –           –          as planned    –
 *   down, live     due now    due now    stopping   stopping→ᵡ –         –           –           –          not live, or ¹ due
 *   down           starting¹  starting¹  stopped    removed    –         –           –           –          –             starting¹
 *   disabled, skipped         –          –          removed    –         –           –           –          –             –
 *   removed        –          –          –          –          –         –           –           –          –             –
 *
 *   down = `backing-off` or `failed` · lost* = launchFailed, startupTimedOut, closed, exited
 *   ¹ epoch + 1, effect launch · ² effect connect · ³ effects close and, if it is to come back, retry
 *   ⁴ effect watchHealth; its event `healthy` forgets earlier failures · leaving for `stopping` has the effect close
 *   A program that its entry does not want back goes from lost to `stopping` (it ended well) or to `failed` without retry.
 */
import type { BackendPhase } from "@mcp-gateway/contract";
import { signInStage } from "./connections/fault.ts";
import type { Fault } from "./fault.ts";
import {
  decideRestart,
  freshHistory,
  noteStart,
  type RestartHistory,
  type RestartPolicy,
} from "./restart.ts";

interface Common {
  /** Of the newest incarnation; 0 before the first. */
  readonly epoch: number;
  readonly history: RestartHistory;
  /** Why it is not where it should be. */
  readonly fault: Fault | null;
}

/** What comes when a live incarnation is gone. */
export type Plan = "stopped" | "start" | "removed";

export type Lifecycle = Common &
  (
    | { readonly phase: "waiting" | "stopped" | "disabled" | "skipped" | "removed" }
    | { readonly phase: "starting"; readonly launched: boolean }
    | { readonly phase: "connecting" | "ready" }
    | { readonly phase: "stopping"; readonly plan: Plan }
    | Down
  );

interface Down {
  readonly phase: "backing-off" | "failed";
  /** The incarnation that failed is still being cleared away. */
  readonly live: boolean;
  /** The time of the next start has come. */
  readonly due: boolean;
  /** Null: it is not tried again by itself. */
  readonly delayMs: number | null;
}

export type LifecycleEvent =
  | { readonly type: "start" | "restart" | "stop" | "remove" }
  | {
      readonly type: "launched" | "answered" | "handshaken" | "healthy" | "released" | "retryDue";
      readonly epoch: number;
    }
  | { readonly type: LossType; readonly epoch: number; readonly fault: Fault }
  | { readonly type: "exited"; readonly epoch: number; readonly fault: Fault; readonly clean: boolean };

type LossType = "launchFailed" | "startupTimedOut" | "closed";
type Loss = Extract<LifecycleEvent, { readonly fault: Fault }>;
type Command = "start" | "restart" | "stop" | "remove";

export type Effect =
  | { readonly type: "launch" | "connect" | "watchHealth"; readonly epoch: number }
  /** `now`: its process has ended, so there is nobody to be polite to. */
  | { readonly type: "close"; readonly epoch: number; readonly now: boolean }
  | { readonly type: "retry"; readonly epoch: number; readonly delayMs: number };

export interface Step {
  readonly state: Lifecycle;
  readonly effects: readonly Effect[];
}

export interface Circumstances {
  readonly policy: RestartPolicy;
  /** Monotonic. */
  readonly nowMs: number;
  /** In [0, 1). */
  readonly random: number;
}

export function initialLifecycle(phase: "waiting" | "disabled" | "skipped"): Lifecycle {
  return { phase, epoch: 0, history: freshHistory, fault: null };
}

export function isLive(state: Lifecycle): boolean {
  switch (state.phase) {
    case "starting":
    case "connecting":
    case "ready":
    case "stopping":
      return true;
    case "backing-off":
    case "failed":
      return state.live;
    case "waiting":
    case "stopped":
    case "disabled":
    case "skipped":
    case "removed":
      return false;
    default:
      return state satisfies never;
  }
}

/** The phase as others see it; `removed` is told by its own message. */
export function visiblePhase(state: Lifecycle): BackendPhase {
  return state.phase === "removed" ? "stopped" : state.phase;
}

export function advance(state: Lifecycle, event: LifecycleEvent, now: Circumstances): Step {
  if ("epoch" in event && event.epoch !== state.epoch) return same(state);
  switch (event.type) {
    case "start":
    case "restart":
    case "stop":
    case "remove":
      return command(state, event.type, now);
    case "launched":
      return state.phase === "starting" ? to({ ...state, launched: true }) : same(state);
    case "answered":
      if (state.phase !== "starting") return same(state);
      return to({ ...common(state), phase: "connecting" }, { type: "connect", epoch: state.epoch });
    case "handshaken":
      if (state.phase !== "connecting") return same(state);
      return to(
        { ...common(state), fault: null, phase: "ready" },
        { type: "watchHealth", epoch: state.epoch },
      );
    case "healthy":
      return state.phase === "ready" ? to({ ...state, history: freshHistory }) : same(state);
    case "launchFailed":
    case "startupTimedOut":
    case "closed":
    case "exited":
      return lose(state, event, now);
    case "released":
      return release(state, now);
    case "retryDue":
      if (state.phase !== "backing-off" && state.phase !== "failed") return same(state);
      return state.live ? to({ ...state, due: true }) : launch(state, now);
    default:
      return event satisfies never;
  }
}

function command(state: Lifecycle, type: Command, now: Circumstances): Step {
  switch (state.phase) {
    case "removed":
      return same(state);
    case "disabled":
    case "skipped":
      return type === "remove" ? to({ ...state, phase: "removed" }) : same(state);
    case "waiting":
    case "stopped":
      return commandAtRest(state, type, now);
    case "starting":
    case "connecting":
    case "ready":
      return type === "start" ? same(state) : close(state, planOf(type), false);
    case "stopping":
      return state.plan === "removed" ? same(state) : to({ ...state, plan: planOf(type) });
    case "backing-off":
    case "failed":
      if (!state.live) return commandAtRest(state, type, now);
      if (type === "stop" || type === "remove") {
        return to({ ...common(state), fault: null, phase: "stopping", plan: planOf(type) });
      }
      return to({ ...state, history: freshHistory, phase: "backing-off", due: true });
    default:
      return state satisfies never;
  }
}

/** Nothing of it is live. Asking for it forgets why it was given up. */
function commandAtRest(state: Lifecycle, type: Command, now: Circumstances): Step {
  if (type === "stop") return to({ ...common(state), phase: "stopped", fault: null });
  if (type === "remove") return to({ ...common(state), phase: "removed" });
  return launch({ ...state, history: freshHistory }, now);
}

function planOf(type: Command): Plan {
  if (type === "stop") return "stopped";
  return type === "remove" ? "removed" : "start";
}

function launch(state: Lifecycle, now: Circumstances): Step {
  const epoch = state.epoch + 1;
  const history = noteStart(state.history, now.nowMs);
  return to(
    { epoch, history, fault: state.fault, phase: "starting", launched: false },
    { type: "launch", epoch },
  );
}

function close(state: Lifecycle, plan: Plan, now: boolean): Step {
  return to(
    { ...common(state), fault: null, phase: "stopping", plan },
    { type: "close", epoch: state.epoch, now },
  );
}

function lose(state: Lifecycle, event: Loss, now: Circumstances): Step {
  if (state.phase !== "starting" && state.phase !== "connecting" && state.phase !== "ready")
    return same(state);
  const hasExited = event.type === "exited";
  const clean = event.type === "exited" && event.clean && state.phase === "ready";
  const atOnce = event.fault.reconnect === "at-once" && state.phase === "ready";
  const forPerson = event.fault.stage === signInStage;
  const ending = { clean, atOnce, forPerson };
  const decision = decideRestart(now.policy, state.history, ending, now.nowMs, now.random);
  const { epoch } = state;
  const closing: Effect = { type: "close", epoch, now: hasExited };
  const down = { epoch, fault: event.fault, live: true, due: false };
  switch (decision.kind) {
    case "ended": {
      if (!decision.clean)
        return to({ ...down, history: state.history, phase: "failed", delayMs: null }, closing);
      return to(
        { epoch, history: state.history, fault: event.fault, phase: "stopping", plan: "stopped" },
        closing,
      );
    }
    case "failed":
    case "retry": {
      const { delayMs, history } = decision;
      const phase = decision.kind === "retry" ? "backing-off" : "failed";
      return to({ ...down, history, phase, delayMs }, closing, { type: "retry", epoch, delayMs });
    }
    default:
      return decision satisfies never;
  }
}

function release(state: Lifecycle, now: Circumstances): Step {
  if (state.phase === "backing-off" || state.phase === "failed") {
    if (!state.live) return same(state);
    return state.due ? launch(state, now) : to({ ...state, live: false });
  }
  if (state.phase !== "stopping") return same(state);
  if (state.plan === "start") return launch({ ...state, history: freshHistory }, now);
  return to({ ...common(state), phase: state.plan });
}

function common({ epoch, history, fault }: Common): Common {
  return { epoch, history, fault };
}

function same(state: Lifecycle): Step {
  return { state, effects: [] };
}

function to(state: Lifecycle, ...effects: readonly Effect[]): Step {
  return { state, effects };
}
