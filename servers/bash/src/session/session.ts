/** One shell that lives on between calls. */
import { limits } from "@mcp-gateway/kit/limits";
import {
  CappedOutput,
  type CapturedOutput,
  type CommandRequest,
  LiveProcess,
  type OutputStream,
  randomHex,
  StartFault,
  within,
} from "@mcp-gateway/shell-core";
import {
  openingText,
  type Report,
  readReport,
  reportFields,
  reportText,
  runText,
  withoutTerminalTalk,
} from "./driver-text.ts";
import { MarkedStream } from "./marked-stream.ts";
import { type RunEnd, SessionRun, type StopReason } from "./session-run.ts";
import { wayBack } from "./way-back.ts";

const tokenBytes = 16;
/** A report that an interrupt swept away is asked for again after this part of the grace. */
const reportAgainShare = 0.25;

export interface RunRequest {
  readonly command: string;
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  readonly cancelled: AbortSignal;
  readonly onOutput: ((chunk: Uint8Array) => void) | undefined;
}

export interface RunOutcome {
  readonly end: RunEnd;
  readonly stopReason: StopReason | undefined;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  readonly durationMs: number;
  /** What background processes wrote since the run before. */
  readonly earlierOutput: string;
  /** It began where the session began, because the shell had left the folders that the policy allows. */
  readonly wasBroughtBack: boolean;
}

export class Session {
  readonly id: string;
  readonly openedAtMs = Date.now();
  readonly #process: LiveProcess;
  readonly #streams: Readonly<Record<OutputStream, MarkedStream>>;
  readonly #startCwd: string;
  readonly #cwdWithin: readonly string[];
  #last: Report;
  #run: SessionRun | undefined;
  #earlier = new CappedOutput(limits.shellSessionEarlierBytesMax);
  #isEnded = false;
  #isOpen = false;

  /** Resolves with how the shell ended. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;

  private constructor(
    id: string,
    launch: Pick<CommandRequest, "argv" | "cwd" | "env">,
    tag: string,
    cwdWithin: readonly string[],
  ) {
    this.id = id;
    this.#startCwd = launch.cwd;
    this.#cwdWithin = cwdWithin;
    this.#last = { status: 0, isTracing: false, jobs: [], cwd: launch.cwd };
    this.#streams = {
      stdout: new MarkedStream((chunk) => this.#output("stdout", chunk)),
      stderr: new MarkedStream((chunk) => this.#output("stderr", chunk)),
    };
    this.#process = LiveProcess.start(
      launch,
      tag,
      (stream, chunk) => this.#streams[stream].push(chunk),
      limits.shellOutputGraceMs,
    );
    this.ended = this.#process.ended.then((end) => {
      this.#isEnded = true;
      this.#streams.stdout.finish();
      this.#streams.stderr.finish();
      this.#run?.shellEnded(end.exitCode, end.signal);
      return end;
    });
  }

  /** @throws StartFault */
  static async open(
    id: string,
    launch: Pick<CommandRequest, "argv" | "cwd" | "env">,
    tag: string,
    cwdWithin: readonly string[],
  ): Promise<Session> {
    const session = new Session(id, launch, tag, cwdWithin);
    const opening = new SessionRun(limits.shellSessionEarlierBytesMax, undefined);
    session.#run = opening;
    const token = randomHex(tokenBytes);
    session.#expect(token, opening);
    session.#process.write(openingText(token));
    await within(limits.shellSessionStartMs, opening.ended);
    const end = opening.isOver ? await opening.ended : undefined;
    session.#run = undefined;
    if (end?.kind === "reported") {
      session.#last = { ...end.report, status: 0 };
      session.#isOpen = true;
      return session;
    }
    await session.close(() => 0);
    const said = opening.capture().stderr.text.trim();
    throw new StartFault(
      end?.kind !== "shell-ended"
        ? `The shell did not answer within ${limits.shellSessionStartMs} ms.`
        : `The shell could not be started: it ended with ${end.exitCode ?? end.signal}. ${said}`,
    );
  }

  get state(): "idle" | "running" | "ended" {
    if (this.#isEnded) return "ended";
    return this.#run === undefined ? "idle" : "running";
  }

  get cwd(): string {
    return this.#last.cwd;
  }

  get backgroundJobs(): number {
    return this.#last.jobs.length;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The caller has seen that the state is `idle`. */
  async run(request: RunRequest): Promise<RunOutcome> {
    const run = new SessionRun(request.outputBytesMax, request.onOutput);
    this.#run = run;
    const earlierOutput = this.#takeEarlier();
    const cwd = wayBack(this.#cwdWithin, this, this.#startCwd);
    const token = randomHex(tokenBytes);
    this.#expect(token, run);
    const { status, isTracing } = this.#last;
    this.#process.write(runText({ command: request.command, lastStatus: status, isTracing, cwd }));
    this.#process.write(reportText(token));
    await this.#untilOver(run, request);
    const durationMs = Math.round(performance.now() - run.startedAtMs);
    const end = await run.ended;
    this.#run = undefined;
    // A folder that was removed can't be named by the shell; it is the one that it was in before.
    if (end.kind === "reported") this.#last = { ...end.report, cwd: end.report.cwd || this.cwd };
    const { stdout, stderr } = run.capture();
    return {
      end,
      stopReason: run.stopReason,
      stdout,
      stderr: this.#quiet(stderr, end),
      durationMs,
      earlierOutput,
      wasBroughtBack: cwd !== undefined,
    };
  }

  /** @returns whether the run has ended by it; undefined when nothing runs */
  async interrupt(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): Promise<boolean | undefined> {
    const run = this.#run;
    if (run === undefined || this.#isEnded) return undefined;
    run.stopReason ??= "interrupted";
    await this.#ask(run, signal);
    return run.isOver;
  }

  /** Ends the shell and all it started. @returns how many processes could not be ended */
  async close(graceMs: () => number): Promise<number> {
    // An interactive shell takes no notice of SIGTERM, but of its line being cut.
    this.#process.signalGroup("SIGHUP");
    const left = await this.#process.end(graceMs);
    await within(limits.shellOutputGraceMs, this.ended);
    return left;
  }

  killNow(): void {
    this.#process.killNow();
  }

  #expect(token: string, run: SessionRun): void {
    this.#streams.stdout.expect(token, reportFields, (fields) => run.reported(readReport(fields)));
    this.#streams.stderr.expect(token, 0, () => run.stderrComplete());
  }

  async #untilOver(run: SessionRun, { timeoutMs, cancelled }: RunRequest): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<StopReason>();
    const timer = setTimeout(() => resolve("timed-out"), timeoutMs);
    const onCancel = (): void => resolve("cancelled");
    cancelled.addEventListener("abort", onCancel, { once: true });
    if (cancelled.aborted) onCancel();
    try {
      const first = await Promise.race([promise, run.ended]);
      if (typeof first !== "string") return;
      run.stopReason = first;
      await this.#stop(run);
    } finally {
      clearTimeout(timer);
      cancelled.removeEventListener("abort", onCancel);
    }
  }

  /** From the gentlest to the last: interrupt it, kill what it started, kill the shell. */
  async #stop(run: SessionRun): Promise<void> {
    await this.#ask(run, "SIGINT");
    if (!run.isOver) await this.#ask(run, "SIGKILL");
    if (run.isOver) return;
    await this.close(() => 0);
    // Even what can't be killed must not hold its caller.
    if (!run.isOver) run.shellEnded(null, null);
  }

  async #ask(run: SessionRun, signal: "SIGINT" | "SIGTERM" | "SIGKILL"): Promise<void> {
    if (signal === "SIGINT") this.#process.signalGroup("SIGINT");
    else await this.#signalRun(signal);
    const graceMs =
      signal === "SIGKILL" ? limits.shellSessionKillGraceMs : limits.shellSessionInterruptGraceMs;
    await within(graceMs * reportAgainShare, run.ended);
    if (run.isOver || this.#isEnded) return;
    // An interrupt that came while the shell was about to report took the report with it. If it did not, the
    // second one is recognised and dropped.
    const token = randomHex(tokenBytes);
    this.#expect(token, run);
    this.#process.write(reportText(token));
    await within(graceMs * (1 - reportAgainShare), run.ended);
  }

  /** What the shell started, except for itself and the background jobs of earlier runs. */
  async #signalRun(signal: NodeJS.Signals): Promise<void> {
    const members = await this.#process.members();
    const spared = new Set([this.pid, ...this.#last.jobs]);
    // Members come in no order, so whose parent is spared as a job is found by going round until none is added.
    for (let before = 0; before !== spared.size; ) {
      before = spared.size;
      for (const { pid, parent } of members) if (parent !== this.pid && spared.has(parent)) spared.add(pid);
    }
    for (const { pid } of members)
      if (!spared.has(pid)) {
        try {
          process.kill(pid, signal);
        } catch {
          // It ended meanwhile, which is what was wanted.
        }
      }
  }

  #output(stream: OutputStream, chunk: Uint8Array): void {
    if (this.#run !== undefined) this.#run.output(stream, chunk);
    // What an opening shell says of its missing terminal is nobody's output.
    else if (this.#isOpen) this.#earlier.push(chunk);
  }

  #takeEarlier(): string {
    const { text } = this.#earlier.capture();
    if (text !== "") this.#earlier = new CappedOutput(limits.shellSessionEarlierBytesMax);
    return text;
  }

  #quiet(stderr: CapturedOutput, end: RunEnd): CapturedOutput {
    const quiet = withoutTerminalTalk(stderr.text, this.pid, this.#last.jobs);
    // What an interactive shell says when it obeys `exit`.
    const text = end.kind === "shell-ended" ? quiet.replace(/(^|\n)exit\n$/u, "$1") : quiet;
    return {
      ...stderr,
      text,
      bytes: stderr.bytes - Buffer.byteLength(stderr.text) + Buffer.byteLength(text),
    };
  }
}
