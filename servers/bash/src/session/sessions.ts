/** The sessions of this server: a bounded number of them, each closed when nobody has used it for long. */
import { limits } from "@mcp-gateway/kit/limits";
import {
  CallTags,
  commandRefusal,
  killTaggedNow,
  PolicyFault,
  policedLaunch,
  randomHex,
  type ShellPolicy,
  StartFault,
} from "@mcp-gateway/shell-core";
import { bashPath, sessionArguments, sessionEnvironment } from "../bash-program.ts";
import { type RunOutcome, type RunRequest, Session } from "./session.ts";

export interface SessionSettings {
  readonly sessionsMax: number;
  readonly idleMs: number;
}

export interface OpenRequest {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The command of the run that opens it, which the policy looks at first. */
  readonly command: string;
}

/** Why nothing was done, as a sentence for the caller. */
export class SessionFault extends StartFault {
  override readonly name = "SessionFault";
}

const idBytes = 4;

export class Sessions {
  readonly #settings: SessionSettings;
  readonly #policy: ShellPolicy;
  readonly #tags = new CallTags();
  readonly #live = new Map<string, Session>();
  /** Those whose processes may still live, closed or not. */
  readonly #processes = new Set<Session>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** How sessions ended, for whoever asks for one later. */
  readonly #endings = new Map<string, string>();
  #opening = 0;
  #isClosed = false;

  constructor(settings: SessionSettings, policy: ShellPolicy) {
    this.#settings = settings;
    this.#policy = policy;
  }

  /** @throws SessionFault @throws StartFault */
  async open({ cwd, env, command }: OpenRequest): Promise<Session> {
    const path = bashPath();
    if (typeof path !== "string") throw new SessionFault(path.join("\n"));
    const launch = policedLaunch(this.#policy, {
      argv: sessionArguments(path),
      cwd,
      env: sessionEnvironment(env),
      source: { text: command, dialect: "bash" },
    });
    const { sessionsMax } = this.#settings;
    if (this.#isClosed || this.#live.size + this.#opening >= sessionsMax)
      throw new SessionFault(
        `There are ${sessionsMax} sessions already, which is as many as this server keeps. Close one first: ${[...this.#live.keys()].join(", ")}.`,
      );
    this.#opening += 1;
    try {
      const id = `s${randomHex(idBytes)}`;
      const session = await Session.open(id, launch, this.#tags.next(), this.#policy.cwdWithin);
      return await this.#adopt(session);
    } finally {
      this.#opening -= 1;
    }
  }

  async #adopt(session: Session): Promise<Session> {
    if (this.#isClosed) {
      await session.close(() => 0);
      throw new StartFault("The server is ending.");
    }
    const { id } = session;
    this.#live.set(id, session);
    this.#processes.add(session);
    this.#rest(session);
    void session.ended.then(({ exitCode, signal }) => {
      this.#forget(
        id,
        signal === null ? `its shell ended with exit code ${exitCode}` : `its shell was ended by ${signal}`,
      );
      // What the shell left running is ended with it, as it would be by closing the session.
      return this.#end(session, limits.shellTermGraceMs);
    });
    return session;
  }

  /** @throws SessionFault */
  get(id: string): Session {
    const session = this.#live.get(id);
    if (session !== undefined) return session;
    const ending = this.#endings.get(id);
    throw new SessionFault(
      ending === undefined
        ? `There is no session ${JSON.stringify(id)}. Leave \`session\` out to open a new one.`
        : `Session ${id} has ended: ${ending}. Leave \`session\` out to open a new one.`,
    );
  }

  list(): readonly Session[] {
    return [...this.#live.values()];
  }

  /** @throws SessionFault @throws PolicyFault */
  async run(session: Session, request: RunRequest): Promise<RunOutcome> {
    const refusal = commandRefusal(this.#policy, { text: request.command, dialect: "bash" });
    if (refusal !== undefined) throw new PolicyFault(refusal);
    if (session.state !== "idle")
      throw new SessionFault(
        `Session ${session.id} is still running a command. Interrupt it, wait for it, or use another session.`,
      );
    clearTimeout(this.#timers.get(session.id));
    try {
      return await session.run(request);
    } finally {
      this.#rest(session);
    }
  }

  async close(session: Session): Promise<number> {
    this.#forget(session.id, "it was closed");
    return this.#end(session, limits.shellTermGraceMs);
  }

  async closeAll(): Promise<void> {
    this.#isClosed = true;
    const sessions = this.list();
    for (const { id } of sessions) this.#forget(id, "the server is ending");
    await Promise.all([...this.#processes].map((session) => this.#end(session, limits.shellEndTermGraceMs)));
  }

  killNow(): void {
    // First the look: who lost its tag is known by its parent, as long as that lives.
    if (this.#processes.size > 0) killTaggedNow(this.#tags.server);
    for (const session of this.#processes) session.killNow();
  }

  async #end(session: Session, graceMs: number): Promise<number> {
    const left = await session.close(() => (this.#isClosed ? limits.shellEndTermGraceMs : graceMs));
    if (left === 0) this.#processes.delete(session);
    return left;
  }

  /** Begins to wait for its next use. */
  #rest(session: Session): void {
    const { id } = session;
    clearTimeout(this.#timers.get(id));
    if (!this.#live.has(id)) return;
    const { idleMs } = this.#settings;
    const timer = setTimeout(() => {
      this.#forget(id, `it was closed after ${idleMs} ms without a call`);
      void this.#end(session, limits.shellTermGraceMs);
    }, idleMs);
    this.#timers.set(id, timer);
  }

  #forget(id: string, ending: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (!this.#live.delete(id)) return;
    this.#endings.set(id, ending);
    const [oldest] = this.#endings.keys();
    if (this.#endings.size > limits.shellSessionsEndedMax && oldest !== undefined)
      this.#endings.delete(oldest);
  }
}
