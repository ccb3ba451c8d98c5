/** The background jobs of this server: a bounded number of them, none of which outlives it. */
import { limits } from "@mcp-gateway/kit/limits";
import { CommandRunner, randomHex, type ShellPolicy, StartFault } from "@mcp-gateway/shell-core";
import { bashPath, commandArguments, inheritedEnvironment } from "../bash-program.ts";
import { Job } from "./job.ts";

export interface JobSettings {
  readonly jobsMax: number;
  /** The longest that a job may run. */
  readonly jobMsMax: number;
  readonly outputBytesMax: number;
}

export interface StartRequest {
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Why nothing was done, as a sentence for the caller. */
export class JobFault extends StartFault {
  override readonly name = "JobFault";
}

const idBytes = 4;

export class Jobs {
  readonly #settings: JobSettings;
  readonly #runner: CommandRunner;
  readonly #jobs = new Map<string, Job>();

  constructor(settings: JobSettings, policy: ShellPolicy) {
    this.#settings = settings;
    // No job waits for its turn: one that has been "started" runs.
    this.#runner = new CommandRunner(settings.jobsMax, policy, 0);
  }

  /** @throws JobFault @throws StartFault */
  async start({ command, cwd, env, timeoutMs }: StartRequest): Promise<Job> {
    const path = bashPath();
    if (typeof path !== "string") throw new JobFault(path.join("\n"));
    const job = new Job(`j${randomHex(idBytes)}`, command, cwd, this.#settings.outputBytesMax);
    const started = Promise.withResolvers<void>();
    const ran = this.#runner.run({
      argv: commandArguments(path, command),
      cwd,
      env: { ...inheritedEnvironment(), ...env },
      source: { text: command, dialect: "bash" },
      timeoutMs,
      // The job keeps its output by itself.
      outputBytesMax: limits.shellOutputBytesFloor,
      cancelled: job.stopSignal,
      onStarted: (pid) => {
        job.pid = pid;
        this.#jobs.set(job.id, job);
        started.resolve();
      },
      onOutput: (_, chunk) => job.wrote(chunk),
    });
    ran
      .then((result) => {
        if (result.kind === "ran") job.ended(result.outcome);
        this.#forgetOldest();
      })
      .catch(() => undefined); // A job that could not be started: told by the race below.
    const first = await Promise.race([started.promise, ran]);
    if (first !== undefined && first.kind === "never-ran")
      throw new JobFault(
        `There are ${this.#settings.jobsMax} running jobs already, which is as many as this server keeps. Stop one first.`,
      );
    return job;
  }

  /** @throws JobFault */
  get(id: string): Job {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new JobFault(`There is no job ${JSON.stringify(id)} (any more).`);
    return job;
  }

  list(): readonly Job[] {
    return [...this.#jobs.values()];
  }

  close(): Promise<void> {
    return this.#runner.close();
  }

  killNow(): void {
    this.#runner.killNow();
  }

  #forgetOldest(): void {
    const ended = this.list().filter(({ state }) => state.kind === "ended");
    for (const { id } of ended.slice(0, Math.max(0, ended.length - limits.shellJobsEndedMax)))
      this.#jobs.delete(id);
  }
}
