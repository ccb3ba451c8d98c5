/** What the person who configures a command server lets it do; see docs/shell-policy.md for what that is worth. */
import { StartFault } from "../start-fault.ts";
import type { CommandRule } from "./command-rules.ts";

/** The language of a command line, and so how the commands in it are found. */
export type Dialect = "bash" | "cmd" | "powershell";

export interface CommandSource {
  readonly text: string;
  readonly dialect: Dialect;
}

export interface PolicyUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

export interface AuditSettings {
  readonly path: string;
  readonly bytesMax: number;
  readonly filesMax: number;
  /** Whether commands are written as they are, or only their hash, because they hold secrets. */
  readonly commands: "full" | "hash";
}

export interface ShellPolicy {
  /** Empty: every command that is not denied. */
  readonly allow: readonly CommandRule[];
  readonly deny: readonly CommandRule[];
  /** Real paths; a command begins in one of them or below. Empty: anywhere. */
  readonly cwdWithin: readonly string[];
  /** Inherited variables that commands see, besides the few that every program needs. Undefined: all. */
  readonly envPass: readonly string[] | undefined;
  /** Variables that commands never get, whoever sets them. */
  readonly envBlock: readonly string[];
  readonly user: PolicyUser | undefined;
  readonly isReadOnly: boolean;
  /** Real paths that stay writable when all else is not. */
  readonly writable: readonly string[];
  readonly isDryRun: boolean;
  readonly audit: AuditSettings | undefined;
}

export const openPolicy: ShellPolicy = {
  allow: [],
  deny: [],
  cwdWithin: [],
  envPass: undefined,
  envBlock: [],
  user: undefined,
  isReadOnly: false,
  writable: [],
  isDryRun: false,
  audit: undefined,
};

/** The policy does not let it run. A kind of StartFault: nothing was started, and the message says why. */
export class PolicyFault extends StartFault {
  override readonly name: string = "PolicyFault";
}

/** It would have run, but the policy is to show only. */
export class DryRun extends PolicyFault {
  override readonly name = "DryRun";
}
