/**
 * Finds out whether a quiet backend is still there. A ping is sent only when nothing came for a while, and
 * silence is a fault only where it proves something: a backend that works on a call may be too busy to
 * answer, and one that never answered a ping simply has none.
 */
import { type Clock, limits } from "@mcp-gateway/kit";

/** What the watch needs of the connection. */
export interface PingSubject {
  /** Sends a ping; `answered` is called when any answer to it comes, an error included. */
  sendPing(answered: () => void): void;
  /** Messages received so far, of any kind. */
  received(): number;
  callsInFlight(): number;
  isPaused(): boolean;
  /** The backend is gone. */
  lost(): void;
  /** Said once: silence will not be taken for a fault. */
  neverAnswers(): void;
}

export interface PingSilence {
  readonly receivedSince: boolean;
  readonly callsInFlight: number;
  readonly paused: boolean;
  readonly answeredBefore: boolean;
}

/** What an unanswered ping means. */
export function judgeSilence(silence: PingSilence): "alive" | "lost" | "never-answers" {
  if (silence.receivedSince || silence.paused || silence.callsInFlight > 0) return "alive";
  return silence.answeredBefore ? "lost" : "never-answers";
}

export class PingWatch {
  readonly #clock: Clock;
  readonly #subject: PingSubject;
  #cancelTimer: () => void = () => undefined;
  #stopped = false;
  #answeredBefore = false;
  #receivedAtTick = 0;

  constructor(clock: Clock, subject: PingSubject) {
    this.#clock = clock;
    this.#subject = subject;
  }

  /** The first ping goes out soon after the handshake, idle or not: it shows whether pings are answered. */
  start(): void {
    this.#arm(limits.pingFirstMs, () => this.#ping());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  #arm(delayMs: number, callback: () => void): void {
    this.#cancelTimer();
    if (!this.#stopped) this.#cancelTimer = this.#clock.after(delayMs, callback);
  }

  #rest(): void {
    this.#receivedAtTick = this.#subject.received();
    this.#arm(limits.pingEveryMs, () => this.#tick());
  }

  #tick(): void {
    const idle = this.#subject.received() === this.#receivedAtTick;
    if (idle && !this.#subject.isPaused()) this.#ping();
    else this.#rest();
  }

  #ping(): void {
    const receivedBefore = this.#subject.received();
    this.#arm(limits.pingTimeoutMs, () => this.#timedOut(receivedBefore));
    this.#subject.sendPing(() => {
      this.#answeredBefore = true;
      this.#rest();
    });
  }

  #timedOut(receivedBefore: number): void {
    const verdict = judgeSilence({
      receivedSince: this.#subject.received() !== receivedBefore,
      callsInFlight: this.#subject.callsInFlight(),
      paused: this.#subject.isPaused(),
      answeredBefore: this.#answeredBefore,
    });
    switch (verdict) {
      case "alive":
        this.#rest();
        return;
      case "lost":
        this.#subject.lost();
        return;
      case "never-answers":
        // A ping that can't prove anything is not sent again; time-outs of calls find a backend that hangs.
        this.stop();
        this.#subject.neverAnswers();
        return;
      default:
        verdict satisfies never;
    }
  }
}
